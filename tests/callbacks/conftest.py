import pytest


@pytest.fixture
def path(tmp_path):
    """File of a checkpoint."""
    return tmp_path / "fit.ckpt"
