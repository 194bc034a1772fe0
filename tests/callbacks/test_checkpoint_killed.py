"""Callbacks: a checkpointed fit in a process of its own, killed at random moments."""

import os
import random
import subprocess
import sys
import time

import pytest

from tests.callbacks.fit_to_kill import LONG, fit, model, result

CODE = "from tests.callbacks.fit_to_kill import main; main()"


def killed(path, seconds):
    """Start the fit and kill it; return whether it had ended before."""
    process = subprocess.Popen(
        [sys.executable, "-c", CODE, str(path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "ready\n"
        time.sleep(seconds)
    finally:
        process.kill()
        rest, _ = process.communicate()
    return "done" in rest


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_kills_at_random_moments(tmp_path):
    path = tmp_path / "fit.ckpt"
    moments = [random.uniform(0.02, 0.3) for _ in range(3)]
    ended = [killed(path, seconds) for seconds in moments]
    assert not ended[0], moments
    assert result(fit(model(path, **LONG))) == result(fit(model(**LONG))), moments
    assert os.listdir(tmp_path) == [path.name]  # no part of a file is left
