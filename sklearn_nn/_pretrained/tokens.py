"""Texts to the ids that an encoder reads."""

import copy
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from sklearn_nn._checks import stack_level
from sklearn_nn.preprocessing._resources import encodable

from .hub import load_config, load_tokenizer
from .limits import check_max_length
from .places import Name

_BATCH = 1000
_BATCH_CHARACTERS = 4_000_000
# Characters for each token of max_length that are nearly always enough.
_CHARACTERS = 16


def token_matrix(
    texts: Sequence[str],
    model_name: Name,
    revision: str | None = None,
    max_length: int = 256,
    caller: str = "This estimator",
) -> np.ndarray:
    """Turn texts into padded ids, all shifted by one so that 0 is padding.

    Parameters
    ----------
    texts : sequence of str
        An empty one becomes the special tokens alone.
    model_name : str or path-like
        Name on the hub, or a folder.
    revision : str, default=None
        Branch, tag or commit on the hub.
    max_length : int, default=256
        Longer texts are cut to that many tokens, special tokens included.
    caller : str, default="This estimator"
        The estimator's class, for the warning.

    Returns
    -------
    ids : ndarray of int32 of shape (n_texts, length of the longest)
        Padded with 0 on the right.

    Warns
    -----
    UserWarning
        Once, with the number of texts that are cut.

    Raises
    ------
    ImportError, OSError, ValueError
        As in :func:`~sklearn_nn._pretrained.limits.check_max_length`; or the tokenizer
        is another model's.
    """
    ids, is_cut = encode(texts, model_name, revision, max_length)
    warn_of_cut(int(is_cut.sum()), len(texts), max_length, caller)
    return ids


def encode(
    texts: Sequence[str],
    model_name: Name,
    revision: str | None,
    max_length: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Do the work of :func:`token_matrix`, without a warning.

    Returns
    -------
    ids : ndarray of int32 of shape (n_texts, length of the longest)
        Padded with 0 on the right.
    is_cut : ndarray of bool of shape (n_texts,)
        Which texts were longer than `max_length`.
    """
    check_max_length(model_name, revision, max_length)
    tokenizer = load_tokenizer(model_name, revision)
    make = _fast_encoder if tokenizer.is_fast else _slow_encoder
    encoded = make(tokenizer, max_length)
    rows = [np.zeros(0, dtype=np.int32)] * len(texts)
    is_cut = np.zeros(len(texts), dtype=bool)
    is_open = np.ones(len(texts), dtype=bool)
    parts = [lambda text: text]
    if tokenizer.truncation_side == "right":
        parts.insert(0, lambda text: _start(text, _CHARACTERS * max_length))
    for part in parts:
        for places, batch in _batches(texts, np.flatnonzero(is_open), part):
            for place, read, (ids, n_more) in zip(
                places, batch, encoded(batch), strict=True
            ):
                # The last tokens before a cut may be others than in the whole text.
                is_open[place] = len(read) < len(texts[place]) and n_more < 2
                is_cut[place] = n_more > 0
                rows[place] = np.asarray(ids, dtype=np.int32)
    longest = max(map(len, rows), default=0)
    matrix = np.zeros((len(rows), longest), dtype=np.int32)
    for row, known in zip(matrix, rows, strict=True):
        row[: len(known)] = known + 1
    n_known = load_config(model_name, revision).vocab_size
    if matrix.size and matrix.max() > n_known:
        raise ValueError(
            f"model_name={str(model_name)!r}: its tokenizer gives the id "
            f"{matrix.max() - 1}, but the encoder knows {n_known} ids. The tokenizer "
            "belongs to another model; save that of the encoder beside its weights."
        )
    return matrix, is_cut


def warn_of_cut(n_cut: int, n_texts: int, max_length: int, caller: str) -> None:
    """Warn, at the user's line, of texts that are longer than `max_length`."""
    if n_cut:
        are = "is" if n_cut == 1 else "are"
        warnings.warn(
            f"{caller}: {n_cut:,} of {n_texts:,} texts {are} longer than "
            f"max_length={max_length} tokens and cut. Raise max_length if the rest of "
            "them matters.",
            UserWarning,
            stacklevel=stack_level(),
        )


def _start(text: str, most: int) -> str:
    """Cut a text that is far longer than `most` before a space, or leave it whole."""
    end = text.rfind(" ", 0, most) if len(text) > 2 * most else -1
    return text if end < 0 else text[:end].rstrip()


def _batches(
    texts: Sequence[str], places: Iterable[int], part: Callable[[str], str]
) -> Iterator[tuple[list[int], list[str]]]:
    """Yield places and the parts of the texts there that a tokenizer gets at once."""
    where: list[int] = []
    batch: list[str] = []
    n_characters = 0
    for place in places:
        read = encodable(part(texts[place]))
        if where and (
            len(where) == _BATCH or n_characters + len(read) > _BATCH_CHARACTERS
        ):
            yield where, batch
            where, batch, n_characters = [], [], 0
        where.append(place)
        batch.append(read)
        n_characters += len(read)
    if where:
        yield where, batch


@lru_cache(maxsize=8)
def _fast_encoder(tokenizer: Any, max_length: int) -> Any:
    """Make a tokenizer of its own for this length, without places in the text.

    What it makes yields the ids of each text, and how many more rows of that length the
    rest would fill.
    """
    backend = truncating(tokenizer, max_length)

    def encoded(texts: list[str]) -> Iterator[tuple[list[int], int]]:
        for row in backend.encode_batch_fast(texts):
            is_full = len(row.ids) == max_length
            yield row.ids, len(row.overflowing) if is_full else 0

    return encoded


def truncating(tokenizer: Any, max_length: int) -> Any:
    """Copy what a fast tokenizer of transformers does, set to cut at a length.

    The tokenizer itself is set anew in every call, which threads cannot share.

    Parameters
    ----------
    tokenizer : transformers.PreTrainedTokenizerFast
        As :func:`~sklearn_nn._pretrained.hub.load_tokenizer` returns it.
    max_length : int
        Longer texts are cut to that many tokens, special tokens included.

    Returns
    -------
    backend : tokenizers.Tokenizer
        Without padding.
    """
    backend = copy.deepcopy(tokenizer.backend_tokenizer)
    backend.no_padding()
    backend.enable_truncation(max_length, direction=tokenizer.truncation_side)
    return backend


def _slow_encoder(tokenizer: Any, max_length: int) -> Any:
    """Use a tokenizer written in Python, a text at a time."""

    def encoded(texts: list[str]) -> Iterator[tuple[list[int], int]]:
        for text in texts:
            row = tokenizer(
                text,
                truncation=True,
                max_length=max_length,
                return_overflowing_tokens=True,
            )
            rest = len(row.get("overflowing_tokens") or ())
            yield row["input_ids"], -(-rest // max_length)

    return encoded
