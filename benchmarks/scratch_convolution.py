"""Convolutions in NumPy beside torch, and beside loops over pixels: time and memory.

One pass is forward and backward: all gradients of the parameters, and the derivatives
by the inputs of all layers but the first, which nobody needs. float32, one thread. All
start from the same parameters, and what they return is compared before it is timed.

The loops are the classic first version: for each image, for each place of the kernel
and for each kernel, NumPy multiplies the window by the kernel and sums; backward goes
through the same loops and adds. It is timed on the first network only.

Ours and torch, then ours and the loops, take turns from round to round, each time the
other one first; the ratios are medians over rounds. The time is the processor's (all of
them run on one thread), which other programs on the machine lengthen least.

The memory is how far the peak of a fresh process rises over what it holds after the
imports, the inputs, the network and one pass over a single smaller image: medians over
three processes (Linux only).

    python -m benchmarks.scratch_convolution
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from itertools import product
from math import prod

import numpy as np

from benchmarks._memory import with_peak
from benchmarks._report import save, show
from sklearn_nn.scratch import (
    AvgPool2D,
    Conv1D,
    Conv2D,
    MaxPool1D,
    MaxPool2D,
    Module,
    Sequential,
)

BATCH_SIZE = 64
CLAIMED = "Conv2D"
# The claim is about the first; the others are to show that nothing is slow beside it.
CASES = {
    CLAIMED: (Conv2D, [{}, {}], (1, 16, 16)),
    "Conv2D, padding 1": (Conv2D, [{"padding": 1}] * 2, (1, 16, 16)),
    "Conv2D, stride 2, padding 1": (
        Conv2D,
        [{"stride": 2, "padding": 1}] * 2,
        (1, 32, 32),
    ),
    "Conv2D, kernel 5": (Conv2D, [{"kernel_size": 5}] * 2, (1, 16, 16)),
    "Conv2D, max pooling": (Conv2D, [{}, MaxPool2D(2), {}], (1, 28, 28)),
    "Conv2D, average pooling": (Conv2D, [{}, AvgPool2D(2), {}], (1, 28, 28)),
    "Conv1D": (Conv1D, [{}, {}], (1, 256)),
    "Conv1D, stride 2, padding 1": (
        Conv1D,
        [{"stride": 2, "padding": 1}] * 2,
        (1, 256),
    ),
    "Conv1D, kernel 5, max pooling": (
        Conv1D,
        [{"kernel_size": 5}, MaxPool1D(2), {"kernel_size": 5}],
        (1, 256),
    ),
}
BOUNDS = {CLAIMED: {"torch": 2.5, "loops": 1 / 50}}
MEMORY_BATCHES = (64, 4096)
MEMORY_BOUND = 3.0
N_PROCESSES = 3


class Ours:
    """`sklearn_nn.scratch`."""

    def __init__(self, case: str):
        make, layers, self.shape = CASES[case]
        channels = iter([(1, 16), (16, 32)])
        self.net = Sequential(
            [
                layer
                if isinstance(layer, Module)
                else make(*next(channels), **{"kernel_size": 3, **layer})
                for layer in layers
            ]
        )
        self.out_shape = self.net.initialise(
            self.shape, np.random.default_rng(0), np.float32
        )

    def give(self, x: np.ndarray, delta: np.ndarray) -> None:
        self.x, self.delta = x, delta

    def run(self) -> np.ndarray:
        self.net.zero_grad()
        z = self.net.forward(self.x)
        self.net.backward(self.x, self.delta, to_input=False)
        return z

    def gradients(self) -> list[np.ndarray]:
        return [g for leaf in self.net.leaves() for g in leaf.gradients.values()]


class Loops(Ours):
    """Loops over images, places and kernels."""

    def __init__(self, case: str):
        super().__init__(case)
        looping = [LoopConv2D(**layer.get_params()) for layer in self.net.modules]
        for layer, copied in zip(looping, self.net.modules, strict=True):
            layer.parameters, layer.gradients = copied.parameters, copied.gradients
        self.net = Sequential(looping)


class LoopConv2D(Conv2D):
    """`Conv2D` as one first writes it; stride 1, no padding."""

    def places(self, x):
        """Yield image, place, its window and kernel, for all of them."""
        channels, height, width = self.output_shape(x.shape[1:])
        k = self.kernel_size
        for row in range(len(x)):
            for i in range(height):
                for j in range(width):
                    window = (row, slice(None), slice(i, i + k), slice(j, j + k))
                    for o in range(channels):
                        yield (row, o, i, j), window, o

    def forward(self, x):
        z = np.empty((len(x), *self.output_shape(x.shape[1:])), x.dtype)
        weight, bias = self.parameters["weight"], self.parameters["bias"]
        for place, window, o in self.places(x):
            z[place] = np.sum(x[window] * weight[o]) + bias[o]
        return z

    def backward_update_gradient(self, x, delta):
        weight, bias = self.gradients["weight"], self.gradients["bias"]
        for place, window, o in self.places(x):
            weight[o] += delta[place] * x[window]
            bias[o] += delta[place]

    def backward_delta(self, x, delta):
        back = np.zeros_like(x)
        for place, window, o in self.places(x):
            back[window] += delta[place] * self.parameters["weight"][o]
        return back


class Torch:
    """The same layers of torch, with the same parameters."""

    def __init__(self, case: str):
        import torch

        torch.set_num_threads(1)
        self.tensor = torch.from_numpy
        ours = Ours(case)
        self.shape, self.out_shape = ours.shape, ours.out_shape
        self.net = torch.nn.Sequential()
        for layer in ours.net.modules:
            name = type(layer).__name__.replace("D", "d")
            arguments = layer.get_params()
            arguments.pop("init", None)
            self.net.append(getattr(torch.nn, name)(**arguments))
        values = [v for leaf in ours.net.leaves() for v in leaf.parameters.values()]
        for parameter, value in zip(self.net.parameters(), values, strict=True):
            parameter.data = torch.from_numpy(value)

    def give(self, x: np.ndarray, delta: np.ndarray) -> None:
        self.x, self.delta = self.tensor(x), self.tensor(delta)

    def run(self):
        self.net.zero_grad()
        z = self.net(self.x)
        z.backward(self.delta)
        return z.detach()

    def gradients(self) -> list[np.ndarray]:
        return [parameter.grad.numpy() for parameter in self.net.parameters()]


CANDIDATES = {"ours": Ours, "torch": Torch, "loops": Loops}


def prepared(name: str, case: str, n_images: int):
    """Return a candidate that has its inputs."""
    candidate = CANDIDATES[name](case)
    rng = np.random.default_rng(1)
    x = rng.standard_normal((n_images, *candidate.shape), np.float32)
    delta = rng.standard_normal((n_images, *candidate.out_shape), np.float32)
    candidate.give(x, delta)
    return candidate


def difference(candidate, other) -> float:
    """Return the largest difference of results, by the largest number in each."""
    results = [[np.asarray(c.run()), *c.gradients()] for c in (candidate, other)]
    pairs = zip(*results, strict=True)
    return max(float(abs(a - b).max() / abs(b).max()) for a, b in pairs)


def measure(case: str, n_rounds: dict[str, int]) -> dict:
    """Compare and time the candidates on one network."""
    names = ["ours", "torch", "loops"] if case == CLAIMED else ["ours", "torch"]
    candidates = {name: prepared(name, case, BATCH_SIZE) for name in names}
    ours = candidates["ours"]
    differences = {name: difference(candidates[name], ours) for name in names[1:]}
    if max(differences.values()) > 1e-4:
        raise RuntimeError(f"{case}: results differ by {differences}.")
    seconds = {
        name: alternating([ours, candidates[name]], n_rounds[name])
        for name in names[1:]
    }
    ratios = {
        name: [a / b for a, b in zip(*pair, strict=True)]
        for name, pair in seconds.items()
    }
    median = statistics.median
    return {
        "case": case,
        "ours_ms": 1000 * median(seconds["torch"][0]),
        **{f"{name}_ms": 1000 * median(pair[1]) for name, pair in seconds.items()},
        **{f"ratio_{name}": median(ratios[name]) for name in ratios},
        "gflop": products(ours) / 1e9,
        "ratios": ratios,
        "bounds": BOUNDS.get(case),
        "differences": differences,
    }


def alternating(candidates: list, n_rounds: int) -> list[list[float]]:
    """Return the processor's seconds of each round for each candidate, taking turns."""
    seconds = [[] for _ in candidates]
    turns = list(zip(candidates, seconds, strict=True))
    for _ in range(n_rounds):
        turns.reverse()
        for candidate, spent in turns:
            started = time.process_time()
            candidate.run()
            spent.append(time.process_time() - started)
    return seconds


def products(ours: Ours) -> int:
    """Return how many multiplications and additions one pass cannot do without."""
    shape, total = ours.shape, 0
    for i, layer in enumerate(ours.net.modules):
        shape = layer.output_shape(shape)
        if layer.parameters:
            once = 2 * layer.parameters["weight"].size * prod(shape[1:])
            total += once * (3 if i else 2)
    return total * BATCH_SIZE


def gemm_rate() -> float:
    """Return the GFLOP/s of a matrix product of the size of a chunk."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((32, 144), np.float32)
    b = rng.standard_normal((144, 2048), np.float32)
    seconds = []
    for _ in range(101):
        started = time.process_time()
        a @ b
        seconds.append(time.process_time() - started)
    return 2 * a.size * b.shape[1] / statistics.median(seconds) / 1e9


def peak_mb(name: str, n_images: int) -> float:
    """Return how far the peak of this process rises in one pass."""
    warm_up = prepared(name, CLAIMED, 1)
    warm_up.x, warm_up.delta = warm_up.x[..., :8, :8], warm_up.delta[..., :4, :4]
    warm_up.run()
    candidate = prepared(name, CLAIMED, n_images)
    _, peak = with_peak(candidate.run)
    return peak


def memory(n_images: int) -> dict:
    """Measure the peaks, each in processes of its own."""
    command = [sys.executable, "-m", "benchmarks.scratch_convolution", "--child"]
    peaks = {"ours": [], "torch": []}
    for _, name in product(range(N_PROCESSES), peaks):
        done = subprocess.run(
            [*command, name, str(n_images)], capture_output=True, text=True, check=True
        )
        peaks[name].append(json.loads(done.stdout))
    ours, theirs = (statistics.median(peaks[name]) for name in peaks)
    return {
        "batch_size": n_images,
        "ours_mb": ours,
        "torch_mb": theirs,
        "ratio": ours / theirs,
        "bound": MEMORY_BOUND,
        "peaks_mb": peaks,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--loop-rounds", type=int, default=15)
    parser.add_argument("--save", action="store_true", help="write the results")
    parser.add_argument("--child", nargs=2, help="used by the benchmark itself")
    arguments = parser.parse_args()
    if arguments.child:
        name, n_images = arguments.child
        print(json.dumps(peak_mb(name, int(n_images))))
        return
    n_rounds = {"torch": arguments.rounds, "loops": arguments.loop_rounds}
    rows = [measure(case, n_rounds) for case in CASES]
    nested = ("ratios", "bounds", "differences")
    show([{k: v for k, v in row.items() if k not in nested} for row in rows])
    peaks = [memory(n_images) for n_images in MEMORY_BATCHES]
    show([{k: v for k, v in row.items() if k != "peaks_mb"} for row in peaks])
    figures = {
        "network": "two convolutions, 1 to 16 and 16 to 32 channels, kernel 3, float32",
        "shapes": {case: shape for case, (_, _, shape) in CASES.items()},
        "batch_size": BATCH_SIZE,
        "rounds": n_rounds,
        "gemm_gflops": gemm_rate(),
        "cases": rows,
        "memory": peaks,
    }
    if arguments.save:
        print("->", save("scratch_convolution", figures))


if __name__ == "__main__":
    main()
