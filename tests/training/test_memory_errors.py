"""Exhausted memory is told with a cure; other errors stay what they are."""

import numpy as np
import pytest
import torch

from sklearn_nn._pretrained.cache import FeatureFile
from sklearn_nn._training.memory import explained_memory

# More than any processor can address.
TOO_MUCH = 2**60


@pytest.mark.parametrize(
    "allocate, said",
    [
        (lambda: torch.empty(TOO_MUCH, dtype=torch.uint8), "alloc"),
        (lambda: np.empty(TOO_MUCH, dtype=np.uint8), "Unable to allocate"),
        (lambda: bytearray(TOO_MUCH), "MemoryError"),
    ],
    ids=["torch", "numpy", "python"],
)
def test_an_allocation_that_failed(allocate, said):
    with pytest.raises(MemoryError, match=rf"^Buy more\. \(.*{said}.*\)$") as caught:
        with explained_memory("Buy more."):
            allocate()
    assert caught.value.__cause__ is not None


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        torch.OutOfMemoryError("Allocation on device 0 failed."),
        RuntimeError("CUDA error: out of memory\nCompile with TORCH_USE_CUDA_DSA"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling x"),
        RuntimeError("MPS backend out of memory (MPS allocated: 18.10 GB)"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8"),
        RuntimeError("unable to mmap 8 bytes from file: Cannot allocate memory (12)"),
    ],
    ids=["cuda", "unnamed", "cuda error", "cublas", "mps", "windows", "mmap"],
)
def test_what_other_machines_say(error):
    with pytest.raises(MemoryError) as caught:
        with explained_memory("Buy more."):
            raise error
    first_line = str(error).splitlines()[0]
    assert str(caught.value) == f"Buy more. ({first_line})"
    assert caught.value.__cause__ is error


def test_a_path_that_speaks_of_memory(tmp_path):
    path = tmp_path / "memory" / "v.sqlite"
    path.parent.mkdir()
    path.write_text("no database " * 100)
    with pytest.raises(RuntimeError, match=r"memory.*v\.sqlite.*cannot be used"):
        with explained_memory("Buy more."), FeatureFile(path):
            pass


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("unsupported memory format option ChannelsLast"),
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        ValueError("out of memory"),
    ],
    ids=["format", "access", "value"],
)
def test_other_errors_stay_as_they_are(error):
    with pytest.raises(type(error)) as caught:
        with explained_memory("Buy more."):
            raise error
    assert caught.value is error
