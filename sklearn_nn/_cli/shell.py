"""What all command lines of the package share: exit codes, errors, warnings."""

import os
import re
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_TRACEBACK = re.compile(r"Traceback \(most recent call last\):\n( .*\n)*")
OK, SOME_FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130


def run_command(
    command: Callable[[Any], int], options: Any, mistakes: tuple[type[Exception], ...]
) -> int:
    """Run a command, and say its errors without a traceback.

    Parameters
    ----------
    command : callable
        Takes the options, returns an exit code.
    options : argparse.Namespace
        The options.
    mistakes : tuple of type
        Errors of the user, whose message says it all.

    Returns
    -------
    code : int
        The exit code.
    """
    try:
        code = command(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader has seen enough, such as `head`; nothing more to flush at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except mistakes as error:
        return fail(error)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return INTERRUPTED


def fail(error: Exception | str) -> int:
    """Say what is wrong."""
    print(f"error: {_without_tracebacks(str(error))}", file=sys.stderr)
    return WRONG


def say(text: str) -> None:
    """Say how far it is; results go to the standard output."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def warnings_at_the_end(*ignored: tuple[type[Warning], str]) -> Iterator[None]:
    """Say each warning once, with its number, and not amid the progress bar.

    Parameters
    ----------
    *ignored : (type, str)
        Category, and the beginning of the message, of what is not said.
    """
    heard: Counter[str] = Counter()

    def note(message: Any, category: type[Warning], *where: Any, **more: Any) -> None:
        heard[f"{category.__name__}: {message}"] += 1

    try:
        with warnings.catch_warnings():
            for category, message in ignored:
                warnings.filterwarnings("ignore", message, category)
            warnings.showwarning = note
            yield
    finally:
        for message, n_times in heard.items():
            say(f"{n_times} x {_without_tracebacks(message)}")


def _without_tracebacks(text: str) -> str:
    """Cut what scikit-learn tells of a search's failed fits down to the errors."""
    return _TRACEBACK.sub("", text)
