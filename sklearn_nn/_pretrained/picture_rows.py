"""Rows of images, read as they are needed, beside the training."""

import multiprocessing
import warnings
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import joblib
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from sklearn_nn._training.rows import DenseRows
from sklearn_nn._training.seeding import private_seed

from .pictures import Framing, read_picture

_CPU = torch.device("cpu")


class PictureRows(DenseRows):
    """Images or paths to images, brought to one size when they are read.

    Parameters
    ----------
    X : ndarray
        As :func:`~sklearn_nn._pictures.check_images` returns it.
    device : torch.device
        Where the batches go.
    framing : Framing
        The size.
    augment : bool, default=False
        Whether images to train on are altered at random.
    n_jobs : int, default=None
        Processes that read; with one, the images are read in between.
    """

    # Images take far more memory inside a network than outside.
    min_inference_batch = 1

    def __init__(
        self,
        X: np.ndarray,
        device: torch.device,
        framing: Framing,
        augment: bool = False,
        n_jobs: int | None = None,
    ):
        self.X: Any = X
        self.device = device
        self.reader = _Reader(X, framing)
        self.augment = augment
        self.n_jobs = n_jobs

    def take(self, index: Tensor | slice) -> Tensor:
        """Return the rows at `index` as uint8 of shape (n, 3, height, width)."""
        return next(self.stream([index]))

    def shuffled(self, batch_size: int) -> list[Tensor]:
        """Cut a random order into batches, none of one row where there are more.

        Batch normalisation has nothing to average over in such a batch.
        """
        batches = list(super().shuffled(batch_size))
        if self.n_batches(batch_size) < len(batches):
            batches[-2:] = [torch.cat(batches[-2:])]
        return batches

    def n_batches(self, batch_size: int) -> int:
        """Return how many batches `shuffled` makes."""
        n = super().n_batches(batch_size)
        return n - 1 if n > 1 and len(self) % batch_size == 1 else n

    def stream(
        self, places: Iterable[Tensor | slice], training: bool = False
    ) -> Iterator[Tensor]:
        """Yield the batches at `places`; those to train on may be altered at random."""
        all_rows = torch.arange(len(self.X))
        batches = []
        for where in places:
            rows = all_rows[where].tolist()
            # A seed an image: the same whoever reads it.
            seeds: list[int | None] = [None] * len(rows)
            if training and self.augment:
                seeds = torch.randint(2**63 - 1, (len(rows),)).tolist()
            batches.append(list(zip(rows, seeds, strict=True)))
        for batch in self._read(batches):
            if isinstance(batch, Exception):
                raise batch
            yield batch.to(self.device, non_blocking=True).movedim(3, 1)

    def _read(self, batches: list) -> Iterator[Tensor | Exception]:
        if _n_processes(self.n_jobs) == 1 or len(batches) == 1:
            return map(self.reader.__getitems__, batches)
        self._order.batches = batches
        with warnings.catch_warnings():
            # How many processes there are is the user's affair.
            warnings.filterwarnings("ignore", "This DataLoader will create")
            return iter(self._loader)

    @cached_property
    def _order(self) -> "_Order":
        return _Order()

    @cached_property
    def _loader(self) -> DataLoader:
        """Kept from epoch to epoch, since new processes take time to start."""
        return DataLoader(
            self.reader,
            batch_sampler=self._order,
            num_workers=_n_processes(self.n_jobs),
            collate_fn=_as_it_is,
            pin_memory=self.device.type == "cuda",
            persistent_workers=True,
            multiprocessing_context=_start_method(),
            # Else it would draw from the generator of the training.
            generator=torch.Generator(),
        )


class _Order:
    """The batches of the coming epoch."""

    def __init__(self) -> None:
        self.batches: list = []

    def __iter__(self) -> Iterator[list]:
        return iter(self.batches)

    def __len__(self) -> int:
        return len(self.batches)


class _Reader(Dataset):
    """What reads a batch, in whichever process."""

    def __init__(self, X: np.ndarray, framing: Framing):
        self.X = X
        self.framing = framing

    def __len__(self) -> int:
        return len(self.X)

    def __getitems__(self, batch: list[tuple[int, int | None]]) -> Tensor | Exception:
        """Return pixels of shape (n, height, width, 3), or what went wrong."""
        pixels = np.empty(
            (len(batch), self.framing.height, self.framing.width, 3), dtype=np.uint8
        )
        try:
            for place, (row, seed) in enumerate(batch):
                image = read_picture(self.X[row], self.framing)
                pixels[place] = image if seed is None else _altered(image, seed)
        except Exception as error:
            # Raised where it can be caught: on its way a process would wrap it.
            return error
        return torch.from_numpy(pixels)


def _altered(image: Any, seed: int) -> Any:
    from torchvision.transforms import InterpolationMode, TrivialAugmentWide

    alter = TrivialAugmentWide(interpolation=InterpolationMode.BILINEAR)
    with private_seed(seed, _CPU):
        return alter(image)


def _start_method() -> str | None:
    """Return how to start processes; in joblib's workers the default cannot."""
    if str(multiprocessing.get_start_method(allow_none=True)).startswith("loky"):
        known = multiprocessing.get_all_start_methods()
        return "fork" if "fork" in known else "spawn"
    return None


def _as_it_is(batch: Any) -> Any:
    return batch


def _n_processes(n_jobs: int | None) -> int:
    if multiprocessing.current_process().daemon:
        # Such a process may not start others.
        return 1
    return joblib.effective_n_jobs(n_jobs)
