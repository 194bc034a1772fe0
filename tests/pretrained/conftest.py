import pytest

from sklearn_nn._pretrained.cache import MEMORY
from tests.pretrained.encoders import make


@pytest.fixture(autouse=True)
def nothing_known():
    MEMORY.clear()


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A tiny BERT."""
    return make(tmp_path_factory.mktemp("tiny"))
