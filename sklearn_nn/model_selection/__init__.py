"""Searches over pipelines that compute shared steps once, and scenario matrices."""

from ._comparison import LeverEffect, ScenarioComparison, compare_scenarios
from ._label_encoding import LabelEncodingClassifier
from ._levers import decode_scenario, scenario_code
from ._results import ScenarioResults, ScenarioRun
from ._scenario_search import ScenarioSearchCV
from ._search import PrefixGridSearchCV
from ._spaces import Choice, IntRange, LinearRange, LogRange
from ._store import ScenarioStore, StoreError
from ._tuned import TunedClassifier

__all__ = [
    "Choice",
    "IntRange",
    "LabelEncodingClassifier",
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
    "TunedClassifier",
    "compare_scenarios",
    "decode_scenario",
    "scenario_code",
]
