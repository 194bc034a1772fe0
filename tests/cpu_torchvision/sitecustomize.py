"""Lets a torchvision built for CUDA be imported beside a torch built for CPUs.

A package index has one torchvision only, and where torch was built for CPUs its import
fails, since the operators that it describes are missing. They are declared here,
without code, when it is first imported: no test calls them. Python runs this file in
every process that has its folder on the path, where conftest.py puts it.
"""

import importlib.util
import sys
from importlib.abc import MetaPathFinder
from pathlib import Path

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_KEPT = []


class _Declaring(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            sys.meta_path.remove(self)
            spec = importlib.util.find_spec(name)
            if spec is not None and _needs_cuda(Path(spec.origin).parent):
                _declare()
        return None


def _needs_cuda(torchvision):
    import torch

    built_for_cuda = "+cu" in Path(torchvision, "version.py").read_text()
    return built_for_cuda and torch.version.cuda is None


def _declare():
    import torch

    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(name + _SCHEMA)
    # The declaration lasts as long as the object.
    _KEPT.append(library)


if "torchvision" not in sys.modules:
    sys.meta_path.insert(0, _Declaring())
