"""Writes the figures of ``results/*.json`` into the README, between its markers.

python -m benchmarks.tables
"""

import json
import re
from pathlib import Path

from tabulate import tabulate

from benchmarks._report import RESULTS

README = Path(__file__).parents[1] / "README.md"


def load(name: str) -> dict:
    return json.loads((RESULTS / f"{name}.json").read_text())


def demo() -> str:
    """What ``make demo`` printed, as it printed it."""
    figures = load("demo")
    table = tabulate(figures["rows"], headers="keys", floatfmt=".4f")
    return f"```text\n{figures['title']}\n\n{table}\n```"


def newsgroups() -> str:
    parts = []
    for split in ("random", "bydate"):
        figures = load(f"newsgroups_{split}")
        rows = [
            {
                "model": row["model"],
                "validation": f"{row['valid_accuracy']:.4f}",
                "test accuracy": f"{row['accuracy']:.4f}",
                "macro F1": f"{row['macro_f1']:.4f}",
                "weighted F1": f"{row['weighted_f1']:.4f}",
                "fit, s": f"{row['fit_s']:.0f}",
            }
            for row in figures["rows"]
        ]
        caption = (
            f"{figures['split']}, seed {figures['seed']}, {figures['threads']} thread"
        )
        parts.append(f"{caption}:\n\n{_markdown(rows)}")
        if "recipe" in figures:
            parts.append(_recipe(figures["recipe"]))
    return "\n\n".join(parts)


def _recipe(recipe: dict) -> str:
    ratio = recipe["bigru_time_over_recipe"]
    return (
        "The recipe is that of a published description of this network (pad to 400 "
        "tokens, a plain loop, torch's default Adam, 15 epochs), trained in turn with "
        f"ours, an epoch each: ours took {ratio:.2f} of the time of its 15 epochs "
        f"({recipe['epochs']} of them run, the best by validation kept)."
    )


def overhead() -> str:
    figures = load("training_overhead")
    rows = [
        {
            "fit beside a hand-written torch loop": row["case"],
            "ratio": f"{row['ratio']:.3f}",
            "at most": f"{row['bound']:.2f}",
        }
        for row in [*figures["times"], figures["memory"]]
    ]
    pairs = figures["times"][0]["pairs"]
    caption = f"Medians of {pairs} pairs run in turn on one thread; memory in one run."
    return f"{_markdown(rows)}\n\n{caption}"


def environment() -> str:
    figures = load("newsgroups_random")["environment"]
    packages = ("python", "scikit-learn", "torch", "skorch", "numpy")
    versions = ", ".join(f"{name} {figures[name]}" for name in packages)
    return (
        f"Measured with {versions} on a shared machine with {figures['cores']} cores."
    )


def _markdown(rows: list[dict]) -> str:
    columns = ["left", *["right"] * (len(rows[0]) - 1)]
    return tabulate(
        rows, headers="keys", tablefmt="pipe", disable_numparse=True, colalign=columns
    )


def write(text: str, marker: str, content: str) -> str:
    """Replace what stands between ``<!-- marker -->`` and ``<!-- /marker -->``."""
    pattern = rf"(<!-- {marker} -->\n).*?(<!-- /{marker} -->)"
    replaced, n = re.subn(
        pattern, lambda m: f"{m[1]}\n{content}\n\n{m[2]}", text, flags=re.DOTALL
    )
    if n != 1:
        raise ValueError(f"The README has no pair of markers {marker!r}.")
    return replaced


def render(text: str) -> str:
    """Return the README with the figures of today."""
    text = write(text, "demo", demo())
    figures = "\n\n".join([newsgroups(), overhead(), environment()])
    return write(text, "figures", figures)


if __name__ == "__main__":
    README.write_text(render(README.read_text()))
