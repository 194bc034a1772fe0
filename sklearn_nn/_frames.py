"""pandas, for results that can be had as a frame."""

from typing import Any


def pandas() -> Any:
    """Import pandas, or say how to install it.

    Returns
    -------
    module
        ``pandas``.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "to_frame needs pandas: pip install pandas. The attributes hold the same "
            "as arrays."
        ) from error
    return pd
