"""Seeds that stay private to one estimator."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from sklearn_nn._locks import ForkSafeLock

# torch has one CPU generator a process (dropout draws from no other), so trainings
# in threads of one process take turns.
_GENERATOR_LOCK = ForkSafeLock()


@contextmanager
def private_seed(seed: int, device: torch.device) -> Iterator[None]:
    """Seed torch inside the block and give the caller's generators back after it.

    Parameters
    ----------
    seed : int
        Seed of torch's CPU generator and of that of `device`.
    device : torch.device
        The device whose generator is used beside the CPU's.
    """
    gpus = [device] if device.type == "cuda" else []
    with _GENERATOR_LOCK, torch.random.fork_rng(devices=gpus):
        # Not torch.manual_seed, which seeds every GPU of the machine.
        torch.default_generator.manual_seed(seed)
        if gpus:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        elif device.type == "mps":
            torch.mps.manual_seed(seed)
        yield
