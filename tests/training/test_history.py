"""Training: history, verbosity."""

import json
import re

import pytest
from sklearn.metrics import log_loss

from tests.training.small import X_VAL, X, mlp, y, y_val


@pytest.mark.parametrize("validate", [False, True])
def test_history(validate):
    extra = {"X_val": X_VAL, "y_val": y_val} if validate else {}
    model = mlp().fit(X, y, **extra)
    keys = {"epoch", "train_loss", "lr", "dur"}
    if validate:
        keys |= {"valid_loss", "valid_acc"}
    assert type(model.history_) is list
    for number, row in enumerate(model.history_, start=1):
        assert type(row) is dict
        assert row.keys() == keys
        assert row["epoch"] == number
        assert row["lr"] == 0.01
        assert row["dur"] > 0
    assert json.loads(json.dumps(model.history_)) == model.history_
    assert model.n_iter_ == len(model.history_) == 4


def test_train_loss_is_the_mean_over_rows():
    # A learning rate of nearly nothing: the loss of the epoch is that of the model.
    model = mlp(lr=1e-12, max_epochs=1, batch_size=33).fit(X, y)
    by_hand = log_loss(y, model.predict_proba(X))
    assert model.history_[0]["train_loss"] == pytest.approx(by_hand, rel=1e-5)


def test_silent_by_default(capfd):
    mlp(early_stopping=True).fit(X, y).predict(X)
    assert capfd.readouterr() == ("", "")


def test_verbose_1_draws_a_bar(capsys):
    mlp(verbose=1).fit(X, y)
    out, err = capsys.readouterr()
    assert out == ""
    assert "MLPClassifier: 100%" in err
    assert "4/4" in err
    assert "train_loss=" in err


def test_verbose_2_prints_a_table(capsys):
    model = mlp(verbose=2).fit(X, y, X_val=X_VAL, y_val=y_val)
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.strip().splitlines()
    for title in ("epoch", "train_loss", "valid_loss", "valid_acc", "lr", "dur"):
        assert title in lines[0]
    assert len(lines) == 2 + 4
    # The last row shows the last losses; skorch colours the best ones.
    last = re.sub(r"\x1b\[\d+m", "", lines[-1]).split()
    assert last[0] == "4"
    assert f"{model.history_[-1]['train_loss']:.4f}" in last
