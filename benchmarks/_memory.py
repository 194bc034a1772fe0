"""The peak of the memory of this process (Linux only)."""

import ctypes
import gc
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any


def memory_mb(field: str) -> float:
    """Return what the system says of the memory of this process."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"{field}:\s+(\d+)", status)[1]) * 1024 / 1e6


def with_peak(function: Callable[[], Any]) -> tuple[Any, float]:
    """Call a function; return its result, and its peak above what there was before."""
    gc.collect()
    # What was freed but not given back would be taken again without a trace.
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    before = memory_mb("VmRSS")
    # From here on, the peak is that of the function alone.
    Path("/proc/self/clear_refs").write_text("5")
    result = function()
    return result, memory_mb("VmHWM") - before
