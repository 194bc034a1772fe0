"""Callbacks: what TensorBoard finds."""

import builtins
import pickle

import numpy as np
import pytest
import skorch.callbacks
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from sklearn_nn.callbacks import Checkpoint, TensorBoard
from tests.training.small import X_REAL, X, column, mlp, regressor, stopped, y, y_real


def read(folder):
    events = EventAccumulator(str(folder))
    events.Reload()
    return events


def scalars(events, tag):
    return [event.value for event in events.Scalars(tag)]


def hyper_parameters(events):
    content = events.PluginTagToContent("hparams")["_hparams_/session_start_info"]
    data = plugin_data_pb2.HParamsPluginData.FromString(content)
    values = data.session_start_info.hparams
    return {k: getattr(value, value.WhichOneof("kind")) for k, value in values.items()}


@pytest.fixture
def logs(tmp_path):
    return tmp_path / "logs"


def test_scalars_of_every_epoch(logs):
    model = mlp(
        callbacks=[TensorBoard(logs)], lr_schedule="linear", early_stopping=True
    ).fit(X, y)
    events = read(logs / "fit_0001")
    for tag, key in [
        ("loss/train", "train_loss"),
        ("loss/valid", "valid_loss"),
        ("accuracy/valid", "valid_acc"),
        ("lr", "lr"),
    ]:
        np.testing.assert_allclose(scalars(events, tag), column(model, key), rtol=1e-6)
        assert [event.step for event in events.Scalars(tag)] == [1, 2, 3, 4]
    assert {tag for tag in events.Tags()["scalars"] if "/" not in tag} == {"lr"}
    assert not events.Tags()["histograms"]


def test_figures_of_other_callbacks(logs):
    scoring = skorch.callbacks.EpochScoring("r2", name="r2", lower_is_better=False)
    model = regressor(callbacks=[scoring, TensorBoard(str(logs))])
    model.fit(X_REAL, y_real, X_val=X_REAL[:50], y_val=y_real[:50])
    events = read(logs / "fit_0001")
    np.testing.assert_allclose(scalars(events, "r2"), column(model, "r2"), rtol=1e-5)
    assert "accuracy/valid" not in events.Tags()["scalars"]


def test_parameters_beside_the_final_figures(logs):
    model = mlp(callbacks=[TensorBoard(logs)], dropout=0.2).fit(X, y)
    events = read(logs / "fit_0001")
    values = hyper_parameters(events)
    assert values.keys() == model.get_params().keys() - {"callbacks"}
    assert values["lr"] == 0.01 and values["dropout"] == 0.2
    assert values["optimizer"] == "adam" and values["class_weight"] == "None"
    assert values["early_stopping"] == 0
    last = model.history_[-1]["train_loss"]
    assert scalars(events, "final/train_loss") == pytest.approx([last])


def test_final_figures_are_those_of_the_best_epoch(logs):
    model = stopped(callbacks=[TensorBoard(logs)])
    best = model.history_[model.best_epoch_ - 1]
    assert best != model.history_[-1]
    events = read(logs / "fit_0001")
    assert scalars(events, "final/valid_loss") == pytest.approx([best["valid_loss"]])
    assert scalars(events, "final/valid_acc") == pytest.approx([best["valid_acc"]])


def test_histograms(logs):
    model = mlp(callbacks=[TensorBoard(logs, histograms=True)]).fit(X, y)
    events = read(logs / "fit_0001")
    parameters = dict(model.net_.module_.named_parameters())
    assert set(events.Tags()["histograms"]) == set(parameters)
    for name, parameter in parameters.items():
        last = events.Histograms(name)[-1]
        assert last.step == 4
        assert last.histogram_value.num == parameter.numel()
        assert last.histogram_value.max == pytest.approx(parameter.max().item())


def test_every_fit_has_its_folder(logs):
    model = mlp(callbacks=[TensorBoard(logs)])
    GridSearchCV(model, {"lr": [0.01, 0.03]}, cv=2).fit(X, y)
    folders = sorted(logs.iterdir())
    assert [f.name for f in folders] == [f"fit_{n:04}" for n in range(1, 6)]
    rates = [hyper_parameters(read(folder))["lr"] for folder in folders]
    assert rates[:4] == [0.01, 0.01, 0.03, 0.03]


@pytest.mark.parametrize("how", ["partial_fit", "warm_start"])
def test_training_that_goes_on_stays_in_its_folder(how, logs):
    model = mlp(callbacks=[TensorBoard(logs)], max_epochs=1, warm_start=True)
    for _ in range(3):
        model.partial_fit(X, y) if how == "partial_fit" else model.fit(X, y)
    assert [folder.name for folder in logs.iterdir()] == ["fit_0001"]
    events = read(logs / "fit_0001")
    assert [event.step for event in events.Scalars("loss/train")] == [1, 2, 3]


class Cut(skorch.callbacks.Callback):
    def on_epoch_end(self, net, **kwargs):
        if len(net.history) == 3:
            raise RuntimeError("power cut")


@pytest.mark.parametrize("order", [1, -1])
def test_resumed_fit_stays_in_its_folder(order, logs, tmp_path):
    def callbacks(*more):
        pair = [TensorBoard(logs), Checkpoint(tmp_path / "ckpt", every=2)]
        return [*pair[::order], *more]

    with pytest.raises(RuntimeError, match="power cut"):
        mlp(callbacks=callbacks(Cut()), max_epochs=5).fit(X, y)
    model = mlp(callbacks=callbacks(), max_epochs=5).fit(X, y)
    assert [folder.name for folder in logs.iterdir()] == ["fit_0001"]
    events = read(logs / "fit_0001")
    assert [event.step for event in events.Scalars("loss/train")] == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(
        scalars(events, "loss/train"), column(model, "train_loss"), rtol=1e-6
    )
    mlp(callbacks=callbacks(), max_epochs=5).fit(X, y)  # has ended: nothing to write
    assert len(list(logs.iterdir())) == 1


def test_clone_pickle_and_a_failed_fit(logs):
    model = mlp(callbacks=[TensorBoard(logs), Cut()])
    with pytest.raises(RuntimeError, match="power cut"):
        model.fit(X, y)
    pickle.loads(pickle.dumps(model))
    assert vars(clone(model).callbacks[0]) == {"log_dir": logs, "histograms": False}
    model.callbacks.pop()
    copy = pickle.loads(pickle.dumps(model.fit(X, y)))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))
    copy.fit(X, y)
    assert len(list(logs.iterdir())) == 3


def test_changes_nothing_of_the_training(logs):
    plain = mlp(dropout=0.3).fit(X, y)
    logged = mlp(dropout=0.3, callbacks=[TensorBoard(logs, histograms=True)]).fit(X, y)
    np.testing.assert_array_equal(logged.predict_proba(X), plain.predict_proba(X))


def test_bad_log_dir(tmp_path):
    (tmp_path / "file").touch()
    for log_dir in (tmp_path / "file", tmp_path / "file" / "logs"):
        with pytest.raises(OSError, match="cannot make the folder 'log_dir'.*file"):
            mlp(callbacks=[TensorBoard(log_dir)]).fit(X, y)
    with pytest.raises(TypeError, match="'log_dir' of TensorBoard must name a folder"):
        mlp(callbacks=[TensorBoard(None)]).fit(X, y)


def test_without_tensorboard(logs, monkeypatch):
    real = builtins.__import__

    def absent(name, *args, **kwargs):
        if name.startswith("torch.utils.tensorboard"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(ImportError, match=r"pip install sklearn_nn\[track\]"):
        mlp(callbacks=[TensorBoard(logs)]).fit(X, y)
    assert not logs.exists()
