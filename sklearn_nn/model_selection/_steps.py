"""What there is to know about a step of a pipeline before it is fitted."""

from typing import Any

from sklearn.base import clone
from sklearn.preprocessing import FunctionTransformer

# Packages whose estimators change their input only where ``copy=False`` allows it.
KNOWN = {"sklearn", "imblearn", "sklearn_nn", "xgboost", "lightgbm"}


def writes_into_input(step: Any) -> bool:
    """Whether a step may change its input: told so (``copy=False``), or not known."""
    params = step.get_params() if hasattr(step, "get_params") else {}
    return any(
        value is False and name.rpartition("__")[2].lower() in ("copy", "copy_x")
        for name, value in params.items()
    ) or any(hasattr(p, "fit") and not _is_known(p) for p in (step, *params.values()))


def _is_known(step: Any) -> bool:
    package = type(step).__module__.partition(".")[0]
    return package in KNOWN and not isinstance(step, FunctionTransformer)


def with_steps(pipeline: Any, fitted: dict[str, Any]) -> Any:
    """Return a pipeline that holds fitted steps, by name."""
    whole = clone(pipeline)
    whole.steps = [
        (name, step if is_left_out(step) else fitted[name])
        for name, step in pipeline.steps
    ]
    return whole


def is_left_out(step: Any) -> bool:
    return step is None or (isinstance(step, str) and step == "passthrough")
