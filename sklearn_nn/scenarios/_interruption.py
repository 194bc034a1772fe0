"""Ctrl-C ends a run of scenarios, wherever it is."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import joblib


class Interrupted(BaseException):
    """The user has pressed Ctrl-C.

    Not a KeyboardInterrupt: neural networks take that one as "that will do", and their
    half-trained scenario would be stored as if it were finished.
    """


@contextmanager
def stopping_at_ctrl_c() -> Iterator[None]:
    """Raise :class:`Interrupted` on Ctrl-C here, and leave workers out of it.

    A terminal signals the workers, too; they are ended by the parent.
    """
    before = signal.signal(signal.SIGINT, _stop)
    try:
        with joblib.parallel_config(backend="loky", initializer=_ignore):
            yield
    finally:
        signal.signal(signal.SIGINT, before)


def _stop(signum: int, frame: Any) -> NoReturn:
    # What follows is short and must not be cut: closing the store, saying goodbye.
    _ignore()
    raise Interrupted


def _ignore() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
