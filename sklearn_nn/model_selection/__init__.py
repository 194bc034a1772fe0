"""Searches over pipelines that compute shared steps once, and scenario matrices."""

from ._comparison import LeverEffect, ScenarioComparison, compare_scenarios
from ._label_encoding import LabelEncodingClassifier
from ._learning_rate import LearningRateCurve, find_learning_rate
from ._levers import decode_scenario, scenario_code
from ._mlflow import log_to_mlflow
from ._results import ScenarioResults, ScenarioRun
from ._scenario_search import ScenarioSearchCV
from ._search import PrefixGridSearchCV
from ._spaces import Choice, IntRange, LinearRange, LogRange
from ._store import ScenarioStore, StoreError
from ._training_check import TrainingCheck, TrainingReport, check_training
from ._tuned import TunedClassifier

__all__ = [
    "Choice",
    "IntRange",
    "LabelEncodingClassifier",
    "LearningRateCurve",
    "LeverEffect",
    "LinearRange",
    "LogRange",
    "PrefixGridSearchCV",
    "ScenarioComparison",
    "ScenarioResults",
    "ScenarioRun",
    "ScenarioSearchCV",
    "ScenarioStore",
    "StoreError",
    "TrainingCheck",
    "TrainingReport",
    "TunedClassifier",
    "check_training",
    "compare_scenarios",
    "decode_scenario",
    "find_learning_rate",
    "log_to_mlflow",
    "scenario_code",
]
