"""Callbacks for the `callbacks` parameter of the networks."""

from ._checkpoint import Checkpoint
from ._checkpoint_file import CheckpointError
from ._tensorboard import TensorBoard

__all__ = ["Checkpoint", "CheckpointError", "TensorBoard"]
