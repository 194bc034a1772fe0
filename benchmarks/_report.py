"""What every benchmark writes beside its figures."""

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import numpy as np
from tabulate import tabulate

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("sklearn_nn", "scikit-learn", "torch", "skorch", "numpy", "scipy")


def environment() -> dict:
    """Versions and machine, to be read beside every figure."""
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
        "processor": _processor(),
        "cores": os.cpu_count(),
    }


def save(name: str, figures: dict) -> Path:
    """Write ``results/NAME.json``, replacing it in one step."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    text = json.dumps({**figures, "environment": environment()}, indent=2) + "\n"
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)
    return path


def spread(values: Sequence[float]) -> float | None:
    """Return the standard deviation over seeds, of the population they are drawn from.

    None for a single one.
    """
    return float(np.std(values, ddof=1)) if len(values) > 1 else None


def known(name: str) -> dict:
    """Return what ``results/NAME.json`` holds, if there is such a file."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def markdown(rows: list[dict]) -> str:
    """Return dicts as a table in Markdown, numbers to the right."""
    columns = ["left", *["right"] * (len(rows[0]) - 1)]
    return tabulate(
        rows, headers="keys", tablefmt="pipe", disable_numparse=True, colalign=columns
    )


def show(rows: list[dict], **options) -> None:
    """Print dicts as a table."""
    print(tabulate(rows, headers="keys", floatfmt=".4f", **options), flush=True)


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
