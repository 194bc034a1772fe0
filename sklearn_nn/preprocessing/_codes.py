"""One set of language codes for all packages."""

UNKNOWN = "und"
# Varieties that have no two-letter code of their own, and older spellings of a code.
# ISO 639-3 puts each of them under the macrolanguage that stands here.
_CODES = {
    "zh-cn": "zh",
    "zh-tw": "zh",
    "wuu": "zh",
    "yue": "zh",
    "arz": "ar",
    "ary": "ar",
    "azb": "az",
    "ckb": "ku",
    "sdh": "ku",
    "gom": "kok",
    "gug": "gn",
    "nb": "no",
    "nn": "no",
    "uzs": "uz",
    "iw": "he",
    "zxx": UNKNOWN,
    "unknown": UNKNOWN,
}


def normalise(label: str) -> str:
    """Return the code that stands for a label.

    Parameters
    ----------
    label : str
        What a package calls a language, such as "zh-cn".

    Returns
    -------
    code : str
        "zh" for that; a label that is a code already stays as it is.
    """
    return _CODES.get(label, label)
