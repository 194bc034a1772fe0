"""Searches under MLflow's autologging, in a process of their own: it patches a lot."""

import json
import os
import sys

import mlflow
import torch
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from sklearn_nn.model_selection import (
    PrefixGridSearchCV,
    ScenarioSearchCV,
    log_to_mlflow,
)
from tests.training.small import X, mlp, y


def runs():
    found = mlflow.search_runs(output_format="list", order_by=["start_time"])
    return [
        {
            "id": run.info.run_id,
            "name": run.info.run_name,
            "parent": run.data.tags.get("mlflow.parentRunId"),
            "kind": run.data.tags.get("estimator_name"),
            "status": run.info.status,
            "params": run.data.params,
            "metrics": run.data.metrics,
        }
        for run in found
    ]


def main():
    torch.set_num_threads(1)
    # MLflow keeps what it draws in the working directory.
    os.chdir(sys.argv[1])
    mlflow.set_tracking_uri("sqlite:///runs.db")
    pipeline = Pipeline([("scale", StandardScaler()), ("mlp", mlp(max_epochs=2))])
    grid = {"mlp__lr": [0.01, 0.03], "scale": ["passthrough", StandardScaler()]}
    levers = {"mlp__lr": {"low": 0.01, "high": 0.03}}
    logged = {}
    searches = {
        "ours": PrefixGridSearchCV(pipeline, grid, cv=2),
        "scenarios": ScenarioSearchCV(pipeline, levers, cv=2),
        "scikit-learn's": GridSearchCV(pipeline, grid, cv=2),
        "multimetric": PrefixGridSearchCV(
            mlp(max_epochs=2),
            {"lr": [0.01, 0.03]},
            scoring=["accuracy", "f1_macro"],
            refit=False,
            cv=2,
        ),
    }
    for name, search in searches.items():
        mlflow.set_experiment(name)
        if name == "scikit-learn's":
            mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
            search.fit(X, y)
            mlflow.sklearn.autolog(disable=True)
        elif name == "ours":
            mlflow.sklearn.autolog(log_models=False, log_datasets=False, silent=True)
            with mlflow.start_run(run_name="mine"):
                search.fit(X, y)
                log_to_mlflow(search)
            mlflow.sklearn.autolog(disable=True)
        else:
            log_to_mlflow(search.fit(X, y))
        scores = next(k for k in search.cv_results_ if k.startswith("mean_test_"))
        means = search.cv_results_[scores].tolist()
        params = [
            {k: str(v) for k, v in row.items()} for row in search.cv_results_["params"]
        ]
        logged[name] = {"runs": runs(), "means": means, "params": params}
    print(json.dumps(logged))
