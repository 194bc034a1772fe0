"""What sparse routing saves: the 2 best of 8 experts against all 8.

A forward and a backward pass of the same mixture, on the same batch of 8,192 rows, 512
columns and 512 hidden units; soft and sparse in turn in one process on one thread, in
processor time, which other programs disturb little. The first pair warms up; the median
of the ratios pair by pair is reported.

    python -m benchmarks.routing_time
"""

import argparse
import statistics
import time

import torch
from torch import Tensor

from benchmarks._report import save, show
from sklearn_nn.modules import MoEHead

N_ROWS, WIDTH, N_EXPERTS, TOP_K, N_OUTPUTS = 8192, 512, 8, 2, 4
BOUND = 0.5


def seconds(module: MoEHead, x: Tensor) -> float:
    """Time one forward and backward pass, the penalty included."""
    module.zero_grad()
    started = time.process_time()
    (module(x).square().mean() + module.penalty()).backward()
    return time.process_time() - started


def compare(pairs: int) -> dict:
    """Time both routings in turn."""
    torch.manual_seed(0)
    x = torch.randn(N_ROWS, WIDTH)
    sizes = {"n_experts": N_EXPERTS, "hidden_size": WIDTH}
    soft = MoEHead(WIDTH, N_OUTPUTS, **sizes)
    sparse = MoEHead(WIDTH, N_OUTPUTS, top_k=TOP_K, **sizes)
    sparse.load_state_dict(soft.state_dict())
    times = [(seconds(soft, x), seconds(sparse, x)) for _ in range(pairs + 1)][1:]
    ratios = [b / a for a, b in times]
    return {
        "case": f"top {TOP_K} of {N_EXPERTS}, batch {N_ROWS:,}, width {WIDTH}",
        "soft_s": statistics.median(a for a, _ in times),
        "sparse_s": statistics.median(b for _, b in times),
        "ratio": statistics.median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
        "bound": BOUND,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--save", action="store_true", help="write the results file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    row = compare(arguments.pairs)
    show([row])
    if arguments.save:
        figures = {"rows": [row], "pairs": arguments.pairs, "seed": 0, "threads": 1}
        print("->", save("routing_time", figures))


if __name__ == "__main__":
    main()
