"""Torch modules to look into, which leave those of the estimators as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from sklearn_nn._locks import ForkSafeLock

# Packages whose hooks are part of how a module computes: of weight_norm, for example.
_AT_WORK = {"torch", "timm", "transformers"}
_CUDNN = ForkSafeLock()


class Stacked(nn.Module):
    """A frozen backbone with the head that was trained on its vectors.

    Parameters
    ----------
    backbone, head : nn.Module
        What was trained apart, perhaps in another precision.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module):
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, x: Tensor) -> Tensor:
        """Map a batch to logits, (n, n_outputs)."""
        return self.head(self.backbone(x).to(next(self.head.parameters()).dtype))


class Probabilities(nn.Module):
    """The softmax of a module's logits.

    Parameters
    ----------
    module : nn.Module
        Maps a batch to logits.
    """

    def __init__(self, module: nn.Module):
        super().__init__()
        self.module = module

    def forward(self, *inputs: Tensor) -> Tensor:
        """Map a batch to probabilities, (n, n_outputs)."""
        return self.module(*inputs).softmax(1)


def twin_of(module: nn.Module) -> Any:
    """Copy a module but for its weights, which both share; the copy evaluates.

    Hooks and settings of the copy do not reach the module, which other threads may be
    using, and hooks that a user set on the module do not reach the copy. Operations
    that overwrite their input are turned into others, since what they overwrite is
    looked at.

    Parameters
    ----------
    module : nn.Module
        Any module.

    Returns
    -------
    twin : nn.Module
    """
    shared: dict[int, Any] = {
        id(tensor): tensor for tensor in (*module.parameters(), *module.buffers())
    }
    twin = deepcopy(module, shared).eval()
    part: Any
    for part in twin.modules():
        if getattr(part, "inplace", False) is True:
            part.inplace = False
        _forget_hooks(part)
    return twin


def _forget_hooks(part: nn.Module) -> None:
    """Take off the hooks of users."""
    for name, hooks in vars(part).items():
        if not name.endswith("_hooks") or "state_dict" in name or not hooks:
            continue
        for key, hook in list(hooks.items()):
            # A partial belongs to the package of its function.
            made = getattr(hook, "func", hook)
            if str(getattr(made, "__module__", "")).partition(".")[0] not in _AT_WORK:
                del hooks[key]


@contextmanager
def differentiable(module: nn.Module, device: torch.device) -> Iterator[None]:
    """Let gradients pass through recurrent networks that evaluate.

    On a GPU cuDNN has no way back through them. To turn it off is a setting of the
    whole process, so that threads that need it take turns.

    Parameters
    ----------
    module : nn.Module
        What is differentiated.
    device : torch.device
        Where it is.
    """
    recurs = any(isinstance(part, nn.RNNBase) for part in module.modules())
    if device.type != "cuda" or not recurs:
        yield
        return
    with _CUDNN, torch.backends.cudnn.flags(enabled=False):
        yield


def module_of(net: Any) -> tuple[nn.Module, torch.device, torch.dtype]:
    """Return the module of a skorch net, where it is and what it computes in."""
    return net.module_, torch.device(net.device), getattr(torch, net.dtype)
