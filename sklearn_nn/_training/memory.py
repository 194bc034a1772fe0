"""What to say when memory runs out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import torch

# How an allocation that failed is told where it has no exception of its own: on a
# CPU, and in the libraries that torch calls on a GPU.
_FAILED = re.compile(
    r"out of memory|not enough memory|alloc_cpu\.cpp|STATUS_ALLOC_FAILED"
    r"|(can't|cannot|could not|unable to) allocate memory",
    re.IGNORECASE,
)


@contextmanager
def explained_memory(cure: str) -> Iterator[None]:
    """Turn what is raised when memory runs out into an error with a cure.

    Parameters
    ----------
    cure : str
        What ran out of it and what to change.

    Raises
    ------
    MemoryError
        The cure, and the first line of what was said.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        has_own_type = isinstance(error, MemoryError | torch.cuda.OutOfMemoryError)
        if not has_own_type and not _FAILED.search(str(error)):
            raise
        said = str(error).partition("\n")[0] or type(error).__name__
        raise MemoryError(f"{cure} ({said})") from error
