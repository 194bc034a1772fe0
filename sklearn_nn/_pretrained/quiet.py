"""Silence while pretrained models load."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sklearn_nn._locks import ForkSafeLock

# Loading changes settings of the whole process for a moment.
_LOADING = ForkSafeLock()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep progress bars and log lines off the screen."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )
    from huggingface_hub.utils import logging as hub_logging

    with _LOADING:
        hub_level, hub_bar = hub_logging.get_verbosity(), are_progress_bars_disabled()
        hub_logging.set_verbosity_error()
        disable_progress_bars()
        try:
            if sys.modules.get("transformers") is not None:
                with _quiet_transformers():
                    yield
            else:
                yield
        finally:
            hub_logging.set_verbosity(hub_level)
            (disable_progress_bars if hub_bar else enable_progress_bars)()


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    from transformers.utils import logging

    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()
