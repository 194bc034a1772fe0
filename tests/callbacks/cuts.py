"""Fits that end, as it were, with the process."""

import pytest
import skorch.callbacks
from sklearn.base import clone

from tests.callbacks.fit_to_kill import fit


class PowerCut(Exception):
    pass


class Cut(skorch.callbacks.Callback):
    """Ends the process, as it were, in the middle of an epoch (or of any)."""

    def __init__(self, epoch, kind=PowerCut):
        self.epoch = epoch
        self.kind = kind

    def on_batch_end(self, net, training=None, **kwargs):
        if training and self.epoch in (None, len(net.history)):
            raise self.kind


def cut(fitted, *epochs):
    """Begin a fit again and again, and never end it."""
    for epoch in epochs:
        failing = clone(fitted)
        failing.callbacks.append(Cut(epoch))
        with pytest.raises(PowerCut):
            fit(failing)
        assert not hasattr(failing, "net_")
