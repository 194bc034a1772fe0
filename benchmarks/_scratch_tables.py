"""Tables of networks in NumPy, for the user guide."""

from benchmarks._cells import percent, plus_minus, titled
from benchmarks._report import known, markdown


def scratch_speed() -> str:
    """Time and memory of layers in NumPy, against others."""
    dense, convolution = known("scratch_dense"), known("scratch_convolution")
    epochs = [
        {
            f"an epoch of {dense['network']}": row["case"],
            "s": f"{row['ours_s']:.2f}",
            **_ratios(row, {"sklearn": "scikit-learn", "torch": "torch"}),
        }
        for row in dense["cases"]
    ]
    passes = [
        {
            "forward and backward": row["case"],
            "ms": f"{row['ours_ms']:.1f}",
            **_ratios(row, {"torch": "torch", "loops": "loops"}),
        }
        for row in convolution["cases"]
    ]
    memory = [
        {
            "peak memory, Conv2D": f"batch {row['batch_size']:,}",
            "MB": f"{row['ours_mb']:.0f}",
            "over torch": f"{row['ratio']:.2f}",
            "at most": f"{row['bound']:g}",
        }
        for row in convolution["memory"]
    ]
    rounds = convolution["rounds"]
    return "\n\n".join(
        [
            f"{dense['data']}, batch {dense['batch_size']}; medians of "
            f"{dense['rounds']} epochs:",
            markdown(epochs),
            f"{convolution['network'].capitalize()}, batch "
            f"{convolution['batch_size']}; medians of {rounds['torch']} passes "
            f"({rounds['loops']} with loops):",
            markdown(passes),
            markdown(memory),
        ]
    )


def _ratios(row: dict, others: dict[str, str]) -> dict[str, str]:
    """Return our time over that of others, and what it was to be at most."""
    bounds = row["bounds"] or {}
    cells = {}
    for key, name in others.items():
        ratio = row.get(f"ratio_{key}")
        digits = 2 if ratio is None or ratio > 0.1 else 4
        cells[f"over {name}"] = "" if ratio is None else f"{ratio:.{digits}f}"
        cells[f"at most, {name}"] = f"{bounds[key]:g}" if key in bounds else ""
    return cells


def scratch_accuracy() -> str:
    """What networks in NumPy reach."""
    figures = known("scratch_accuracy")
    tasks = {task["title"]: task for task in figures["tasks"].values()}
    rows = []
    for row in figures["rows"]:
        task, bound = tasks[row["task"]], row["at least"]
        score, more = f"{percent(row['mean'], row['std'])} %", ""
        if task["metric"] != "accuracy":
            score, more = plus_minus(row, 4), f": {task['metric']}"
        rows.append(
            {
                "task": row["task"] + more,
                "model": row["model"],
                "test": score,
                "seeds": len(task["seeds"]),
                "at least": "" if bound is None else f"{percent(bound)} %",
                "reported": row["reported"],
            }
        )
    return markdown(rows)


def scratch_studies() -> str:
    """One table a study of networks in NumPy, beside what was reported."""
    parts = []
    for name, study in known("scratch_studies").items():
        if name != "environment":
            rows = [_studied(row, len(study["seeds"])) for row in study["rows"]]
            if not any(row["reported"] for row in rows):
                rows = [{k: row[k] for k in row if k != "reported"} for row in rows]
            parts.append(titled(name, study, rows))
    return "\n\n".join(parts)


def _studied(row: dict, n_seeds: int) -> dict[str, str]:
    """Return what is shown of a row: its levers, its figure, what was reported."""
    shown: dict[str, str] = {}
    for key, value in row.items():
        if key in ("accuracy", "R2", "bce"):
            shown["accuracy, %" if key == "accuracy" else key] = (
                f"diverged ({row['diverged']} of {n_seeds})"
                if value is None
                else percent(value, row["std"])
                if key == "accuracy"
                else _decimals(value, row["std"])
            )
        elif key == "floor":
            shown[key] = _decimals(value)
        elif isinstance(value, str):
            shown[key] = value
    return shown


def _decimals(value: float, spread: float | None = None) -> str:
    return f"{value:.4f}" + ("" if spread is None else f" ± {spread:.4f}")
