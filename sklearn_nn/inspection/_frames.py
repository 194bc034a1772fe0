"""Tables of what explanations say."""

from typing import Any


def data_frame(columns: dict[str, Any]) -> Any:
    """Return columns as a pandas DataFrame.

    Parameters
    ----------
    columns : dict of str to array-like
        The columns.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            "to_frame needs pandas: pip install pandas. The attributes hold the same "
            "as arrays."
        ) from error
    return pd.DataFrame(columns)
