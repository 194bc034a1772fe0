"""Silence while transformers loads."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Loading changes settings of the whole process for a moment.
_LOADING = threading.RLock()


@contextmanager
def quiet() -> Iterator[None]:
    """Keep progress bars and log lines off the screen."""
    from huggingface_hub.utils import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )
    from huggingface_hub.utils import logging as hub_logging
    from transformers.utils import logging

    with _LOADING:
        level, hub_level = logging.get_verbosity(), hub_logging.get_verbosity()
        bar, hub_bar = logging.is_progress_bar_enabled(), are_progress_bars_disabled()
        logging.set_verbosity_error()
        hub_logging.set_verbosity_error()
        logging.disable_progress_bar()
        disable_progress_bars()
        try:
            yield
        finally:
            logging.set_verbosity(level)
            hub_logging.set_verbosity(hub_level)
            if bar:
                logging.enable_progress_bar()
            (disable_progress_bars if hub_bar else enable_progress_bars)()
