"""What ``import sklearn_nn`` costs beside ``import sklearn``.

Fresh interpreters in turn, the time inside them, medians.

    python -m benchmarks.import_time
"""

import statistics
import subprocess
import sys

from benchmarks._report import save, show

TIMED = """
import sys, time
started = time.perf_counter()
import {module}
print(time.perf_counter() - started, "torch" in sys.modules)
"""


def seconds(module: str) -> tuple[float, bool]:
    """Import in a new interpreter; return the seconds and whether torch came along."""
    code = TIMED.format(module=module)
    output = subprocess.check_output([sys.executable, "-c", code], text=True)
    time, torch = output.split()
    return float(time), torch == "True"


def main(n_pairs: int = 15) -> None:
    pairs = [(seconds("sklearn"), seconds("sklearn_nn")) for _ in range(n_pairs + 1)]
    theirs, ours = zip(*pairs[1:], strict=True)
    figures = {
        "sklearn_s": statistics.median(time for time, _ in theirs),
        "sklearn_nn_s": statistics.median(time for time, _ in ours),
        "ratio": statistics.median(
            b[0] / a[0] for a, b in zip(theirs, ours, strict=True)
        ),
        "bound": 1.3,
        "loads_torch": any(torch for _, torch in ours),
        "pairs": n_pairs,
    }
    show([figures])
    print("->", save("import_time", figures))


if __name__ == "__main__":
    main()
