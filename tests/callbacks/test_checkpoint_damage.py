"""Checkpoints: damaged and foreign files, folders, and places one cannot write to."""

import os
import pickle

import pytest
import skorch.callbacks
import torch
from sklearn.base import clone

from sklearn_nn.callbacks import Checkpoint, CheckpointError
from tests.callbacks.cuts import cut
from tests.callbacks.fit_to_kill import fit, model, result
from tests.training.small import X, mlp, y


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_truncated_file(share, path):
    fitted = mlp(callbacks=[Checkpoint(path)]).fit(X, y)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(CheckpointError, match=r"is damaged.*Move it away"):
        clone(fitted).fit(X, y)


def test_flipped_bits(path):
    fitted = mlp(callbacks=[Checkpoint(path)]).fit(X, y)
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    )
    with pytest.raises(CheckpointError, match="does not match its hash"):
        clone(fitted).fit(X, y)


class Bomb:
    def __reduce__(self):
        return print, ("code has run",)


@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_text("not a checkpoint"),
        lambda path: path.write_bytes(pickle.dumps(Bomb())),
        lambda path: torch.save(Bomb(), path),
        lambda path: torch.save({"weight": torch.zeros(3)}, path),
        lambda path: torch.save([1, 2], path),
        lambda path: torch.save({"format": "other 2", "state": {}}, path),
        # The unpickler asks for more bytes than there are.
        lambda path: path.write_bytes(b"\x80\x02X\x01"),
    ],
    ids=["text", "pickle", "torch pickle", "state dict", "list", "other", "cut pickle"],
)
def test_foreign_file(write, path, capsys):
    write(path)
    content = path.read_bytes()
    with pytest.raises(CheckpointError, match="no checkpoint of this package"):
        mlp(callbacks=[Checkpoint(path)]).fit(X, y)
    assert path.read_bytes() == content
    assert "code has run" not in capsys.readouterr().out


def test_folder_and_places_that_cannot_be_written_to(tmp_path):
    with pytest.raises(CheckpointError, match=r"cannot be read.*Give a file name"):
        mlp(callbacks=[Checkpoint(tmp_path)]).fit(X, y)
    (tmp_path / "file").touch()
    for path in (tmp_path / "absent" / "fit.ckpt", tmp_path / "file" / "fit.ckpt"):
        with pytest.raises(CheckpointError, match="cannot be"):
            mlp(callbacks=[Checkpoint(path)]).fit(X, y)


def test_link_and_working_directory(tmp_path, monkeypatch):
    class Wander(skorch.callbacks.Callback):
        def on_epoch_end(self, net, **kwargs):
            monkeypatch.chdir(elsewhere)

    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "link.ckpt").symlink_to(elsewhere / "real.ckpt")
    for name in ("link.ckpt", "relative.ckpt"):
        monkeypatch.chdir(tmp_path)
        mlp(callbacks=[Wander(), Checkpoint(name)]).fit(X, y)
    assert (tmp_path / "link.ckpt").is_symlink()
    assert os.listdir(elsewhere) == ["real.ckpt"]
    assert sorted(os.listdir(tmp_path)) == ["elsewhere", "link.ckpt", "relative.ckpt"]


def test_parts_of_others_stay(path):
    others = ["fit.ckpt.2.77.part", "fit.ckpt.old.part", "fit_ckpt.5.part"]
    for name in [*others, "fit.ckpt.77.part"]:
        path.with_name(name).touch()
    mlp(callbacks=[Checkpoint(path)]).fit(X, y)
    assert sorted(os.listdir(path.parent)) == sorted([*others, path.name])


def test_disk_that_fills_up(path, monkeypatch):
    resumed = model(path, max_epochs=6)
    cut(resumed, 3)
    content = path.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(CheckpointError, match=r"No space left.*space left"):
            fit(resumed)
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == [path.name]
    assert result(fit(resumed)) == result(fit(model(max_epochs=6)))
