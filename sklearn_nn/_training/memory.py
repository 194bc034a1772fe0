"""What to say when memory runs out."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def explained_memory(cure: str) -> Iterator[None]:
    """Turn what torch raises when memory runs out into an error with a cure.

    Parameters
    ----------
    cure : str
        What ran out of it and what to change.

    Raises
    ------
    MemoryError
        The cure, and the first line of what torch said.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # A GPU has an exception of its own for it, a CPU has not.
        if "memory" not in str(error).lower():
            raise
        said = str(error).partition("\n")[0]
        raise MemoryError(f"{cure} ({said})") from error
