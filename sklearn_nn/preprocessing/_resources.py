"""Optional packages and the languages that their data covers."""

from collections.abc import Collection
from importlib import import_module
from typing import Any

from ._codes import normalise


def import_optional(package: str) -> Any:
    """Import a package of the extra "text", or say how to install it.

    Parameters
    ----------
    package : str
        The name of the module, such as "spacy".

    Returns
    -------
    module : module
        The imported module.

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise ImportError(
            f"This step needs the package {package}: pip install sklearn_nn[text]"
        ) from error


def check_language(language: str, supported: Collection[str], what: str) -> None:
    """Refuse a language that a user named and the data does not cover.

    Parameters
    ----------
    language : str
        A code as users write it, or "auto", which always passes.
    supported : collection of str
        The codes covered.
    what : str
        What is missing for the others, for the error message.

    Raises
    ------
    ValueError
        If the language is not covered.
    """
    if language != "auto" and normalise(language) not in supported:
        raise ValueError(
            f"language={language!r} has no {what}. Choose one of "
            f"{', '.join(sorted(supported))}, or 'auto', which treats the texts whose "
            "language is covered."
        )


def encodable(text: str) -> str:
    """Replace lone surrogates, halves of a character that no library can encode."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text
