"""Neural networks, and the models they must beat, as scikit-learn estimators."""

import importlib
from types import ModuleType

__version__ = "0.1.0.dev0"

__all__ = [
    "callbacks",
    "datasets",
    "ensemble",
    "feature_extraction",
    "inspection",
    "model_selection",
    "modules",
    "neural_network",
    "preprocessing",
    "sampling",
    "scenarios",
    "scratch",
    "svm",
    "utils",
]


def __getattr__(name: str) -> ModuleType:
    """Import a subpackage when it is first used: torch is slow to import."""
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
