"""20 Newsgroups and its two splits, which share no row with each other's test."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from sklearn.datasets import fetch_20newsgroups
from sklearn.model_selection import train_test_split

from sklearn_nn.datasets import get_data_home

PARTS = ("headers", "footers", "quotes")


class Split(NamedTuple):
    """Texts and labels to train on, to choose on and to report once."""

    train: tuple[np.ndarray, np.ndarray]
    valid: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    target_names: list[str]
    name: str


def load_split(split: str, *, raw: bool = True, categories=None) -> Split:
    """Load 20 Newsgroups.

    Parameters
    ----------
    split : {"random", "bydate"}
        "random": all 18,846 posts, stratified 80/10/10 with ``random_state=42``,
        first the test tenth, then the validation ninth of the rest. "bydate": the
        published split, a stratified ninth of its training part for validation.
    raw : bool
        False removes headers, footers and quotes.
    categories : list of str, default=None
        Some of the topics instead of all 20.
    """
    remove = () if raw else PARTS
    form = "raw" if raw else "without headers, footers, quotes"
    if split == "random":
        posts = _fetch("all", remove, categories)
        kept, test = _stratified(posts.target, np.arange(len(posts.target)), 1 / 10)
        name = f"20 Newsgroups, random 80/10/10, {form}"
        test_posts = posts
    else:
        posts, test_posts = (_fetch(s, remove, categories) for s in ("train", "test"))
        kept, test = np.arange(len(posts.target)), np.arange(len(test_posts.target))
        name = f"20 Newsgroups, bydate, {form}"
    train, valid = _stratified(posts.target, kept, 1 / 9)
    return Split(
        _at(posts, train),
        _at(posts, valid),
        _at(test_posts, test),
        posts.target_names,
        name,
    )


def _fetch(subset, remove, categories):
    return fetch_20newsgroups(
        data_home=Path(get_data_home(), "20newsgroups"),
        subset=subset,
        remove=remove,
        categories=categories,
    )


def _stratified(y, rows, test_size):
    return train_test_split(
        rows, test_size=test_size, stratify=y[rows], random_state=42
    )


def _at(posts, rows):
    return np.array(posts.data, dtype=object)[rows], posts.target[rows]
