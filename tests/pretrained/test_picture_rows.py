"""Batches of pictures: the same whoever reads them, and altered only in training."""

import multiprocessing

import numpy as np
import pytest
import torch

from sklearn_nn._pictures import check_images
from sklearn_nn._pretrained.picture_rows import PictureRows
from sklearn_nn._pretrained.pictures import Framing
from tests.pretrained.pictures import noise, save, smooth

CPU = torch.device("cpu")
PLACES = [torch.tensor([3, 1]), torch.tensor([0]), torch.tensor([2, 4, 5])]


def rows(X, **options):
    return PictureRows(check_images(X), CPU, Framing(16, 16), **options)


def batches(rows, epochs=1, training=True, seed=0):
    torch.manual_seed(seed)
    return [list(rows.stream(PLACES, training)) for _ in range(epochs)]


def assert_same(found, expected):
    for some, others in zip(found, expected, strict=True):
        for batch, other in zip(some, others, strict=True):
            assert torch.equal(batch, other)


@pytest.mark.parametrize("augment", [False, True])
def test_the_number_of_processes_changes_nothing(augment):
    X = noise(6, 30, 20, 3)
    expected = batches(rows(X, augment=augment), epochs=3)
    for n_jobs in (1, 2, 3):
        found = batches(rows(X, augment=augment, n_jobs=n_jobs), epochs=3)
        assert_same(found, expected)


def test_a_batch_is_bytes_with_the_colours_first():
    X = noise(6, 16, 16, 3)
    ((first, second, third),) = batches(rows(X))
    assert first.dtype == torch.uint8
    assert [batch.shape for batch in (first, second, third)] == [
        (2, 3, 16, 16),
        (1, 3, 16, 16),
        (3, 3, 16, 16),
    ]
    assert first.is_contiguous(memory_format=torch.channels_last)
    assert np.array_equal(first[0].movedim(0, 2), X[3])
    assert torch.equal(rows(X).take(slice(1, 3)), rows(X).take(torch.tensor([1, 2])))


def test_only_training_alters_and_differently_each_epoch():
    X = np.stack([smooth(16, 16)] * 6)
    altering = rows(X, augment=True)
    (plain,) = batches(altering, training=False)
    assert_same([plain], batches(rows(X)))
    first, second = batches(altering, epochs=2)
    changed = [not torch.equal(a, b) for a, b in zip(first, plain, strict=True)]
    assert sum(changed) >= 2
    assert not all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
    assert_same(batches(altering, epochs=2), [first, second])
    assert not all(
        torch.equal(a, b)
        for a, b in zip(first, batches(altering, seed=1)[0], strict=True)
    )


def test_altering_moves_the_training_s_generator_by_its_seeds_alone():
    X = noise(6, 16, 16, 3)
    after = []
    for n_jobs in (1, 2):
        batches(rows(X, augment=True, n_jobs=n_jobs))
        after.append(torch.rand(1).item())
    assert after[0] == after[1]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_damaged_file_is_named_by_its_row(tmp_path, n_jobs):
    X = [save(tmp_path / f"{i}.png", noise(20, 20, 3)) for i in range(6)]
    (tmp_path / "4.png").write_bytes(b"no picture")
    with pytest.raises(ValueError, match=r"^Row 4 of X cannot be read .*4\.png"):
        batches(rows(X, n_jobs=n_jobs))
    held_out = rows(X, n_jobs=n_jobs)
    cut = PictureRows(held_out.X[np.array([4, 5])], CPU, Framing(16, 16))
    with pytest.raises(ValueError, match=r"^Row 4 of X cannot be read .*4\.png"):
        cut.take(slice(0, 2))


def test_processes_live_as_long_as_the_rows():
    before = set(multiprocessing.active_children())
    reading = rows(noise(6, 16, 16, 3), n_jobs=2)
    batches(reading)
    workers = set(multiprocessing.active_children()) - before
    batches(reading)
    assert set(multiprocessing.active_children()) - before == workers
    assert len(workers) == 2
    del reading
    for worker in workers:
        worker.join(timeout=20)
    assert not any(worker.is_alive() for worker in workers)


def test_inference_takes_no_more_rows_at_once_than_training():
    assert rows(noise(6, 16, 16)).inference_batch(4) == 4
