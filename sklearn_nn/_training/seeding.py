"""Seeds that stay private to one estimator."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


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
    devices = [] if device.type == "cpu" else [device]
    with torch.random.fork_rng(devices=devices, device_type=_fork_type(device)):
        torch.manual_seed(seed)
        yield


def _fork_type(device: torch.device) -> str:
    return "cuda" if device.type == "cpu" else device.type
