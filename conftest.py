"""Settings for the tests and for the examples in docstrings, README and guides."""

import importlib.util
import os
import sys
from pathlib import Path

# One thread each: several on a busy machine are far slower than one. The workers
# that joblib starts inherit the environment, not torch's own setting.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("MPLBACKEND", "agg")

import hypothesis
import pytest
import torch

torch.set_num_threads(1)

# Where torchvision was built for another torch, it can be imported all the same.
_SHIM = Path(__file__).parent / "tests" / "cpu_torchvision" / "sitecustomize.py"
_PATHS = list(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
if str(_SHIM.parent) not in _PATHS:
    os.environ["PYTHONPATH"] = os.pathsep.join([str(_SHIM.parent), *_PATHS])
    _SPEC = importlib.util.spec_from_file_location("cpu_torchvision", _SHIM)
    sys.modules[_SPEC.name] = importlib.util.module_from_spec(_SPEC)
    _SPEC.loader.exec_module(sys.modules[_SPEC.name])

hypothesis.settings.register_profile("no-deadline", deadline=None)
hypothesis.settings.load_profile("no-deadline")


@pytest.fixture(autouse=True)
def _close_figures():
    """Close what a test, an example or a page of the guide has drawn."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


# Of the sets whose folder has another name than what fetches them.
_FOLDERS = {"products": "flipkart_1050"}


def pytest_collection_modifyitems(items):
    """Skip the examples of the `fetch_*` functions whose data set is not at hand."""
    from sklearn_nn.datasets import get_data_home

    for item in items:
        if isinstance(item, pytest.DoctestItem):
            _, found, name = item.name.rpartition(".fetch_")
            name = _FOLDERS.get(name, name)
            files = Path(get_data_home(), name).glob("*")
            if found and all(file.suffix == ".part" for file in files):
                item.add_marker(pytest.mark.skip(reason=f"real data: no {name}"))
