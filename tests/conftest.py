import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_home():
    """Folder of the real data sets; tests that need it are skipped without."""
    folder = os.environ.get("SKLEARN_NN_DATA")
    if not folder:
        pytest.skip("real data: set SKLEARN_NN_DATA to the folder of the data sets")
    if not Path(folder).is_dir():
        pytest.skip(f"real data: SKLEARN_NN_DATA={folder} is not a folder")
    return Path(folder)
