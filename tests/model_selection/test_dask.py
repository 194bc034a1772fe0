"""Model selection: searches on a Dask cluster of two worker processes."""

import distributed
import numpy as np
import pytest
from joblib import parallel_config

from sklearn_nn.model_selection import PrefixGridSearchCV, ScenarioStore
from tests.model_selection.small import LABELS, TEXTS, scenarios, text_pipeline

GRID = {"tfidf__ngram_range": [(1, 1), (1, 2)], "model__C": [0.1, 1.0, 10.0]}


@pytest.fixture(scope="module")
def cluster():
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster),
    ):
        yield cluster


def test_prefix_grid_search_on_dask(cluster):
    alone = PrefixGridSearchCV(text_pipeline(), GRID, cv=3).fit(TEXTS, LABELS)
    with parallel_config("dask"):
        search = PrefixGridSearchCV(text_pipeline(), GRID, cv=3).fit(TEXTS, LABELS)
    for key in ("mean_test_score", "split2_test_score", "rank_test_score"):
        np.testing.assert_array_equal(search.cv_results_[key], alone.cv_results_[key])


def test_scenario_search_on_dask(cluster, tmp_path):
    alone = scenarios().fit(TEXTS, LABELS)
    with parallel_config("dask"):
        search = scenarios(store=tmp_path / "store", patience=0.0).fit(TEXTS, LABELS)
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )
    assert len(ScenarioStore(tmp_path / "store").results().runs) == 16
