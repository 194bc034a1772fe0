import pytest

from tests.ensemble.fusion_cases import fusion, make_rows


@pytest.fixture(scope="module")
def model():
    """A fitted fusion."""
    return fusion().fit(*make_rows())
