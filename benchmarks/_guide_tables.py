"""The tables of the user guide, from ``results/*.json``."""

from statistics import mean

from benchmarks._report import known, markdown

MANY_ROWS, N_BEST = 30, 12
SCORES = ("accuracy", "std", "fit_s")


def percent(value: float | None, spread: float | None = None) -> str:
    """Return a share in percent, with its standard deviation."""
    if value is None:
        return "diverged"
    text = f"{100 * value:.2f}"
    return text if spread is None else f"{text} ± {100 * spread:.2f}"


def ladders() -> str:
    """The best of each ladder of text levers, and the baseline."""
    parts = []
    for name in ("listings", "sib200"):
        figures = known(f"ladder_{name}")
        metric = figures["metric"]
        best = figures["rows"][:8]
        baseline = [r for r in figures["rows"] if r["departs by"] == "baseline"]
        rows = [
            {
                "departs from the baseline by": row["departs by"],
                metric: f"{row[metric]:.4f}",
                "to the best": f"{row['to the best']:+.4f}",
                "interval": f"{row['low']:+.4f} to {row['high']:+.4f}",
            }
            for row in best + [row for row in baseline if row not in best]
        ]
        test = figures["test"]
        parts.append(
            f"{figures['title']}, {len(figures['rows'])} scenarios:\n\n"
            f"{markdown(rows)}\n\nThe best one, fitted on all of these rows, gets "
            f"{test['f1_weighted']:.4f} on {test['rows']:,} others, tested once."
        )
    return "\n\n".join(parts)


def images() -> str:
    """Digits by convolutional networks."""
    rows = []
    for claim in ("mnist", "usps", "usps_1d", "usps_1000"):
        figures = known(f"images_{claim}")
        rows.append(
            {
                "digits": figures["title"],
                "chosen": figures["chosen"],
                "validation, %": percent(
                    figures["validation"][figures["chosen"]]["accuracy"]
                ),
                "test, %": percent(figures["mean"], figures["std"]),
                "wanted, %": f"{100 * figures['at_least']:.1f}",
            }
        )
    time = known("images_overhead")["times"][0]
    return (
        f"{markdown(rows)}\n\n`fit` takes {time['ratio']:.2f} of the time of a "
        f"hand-written torch loop over the same layers ({time['case']})."
    )


def routing_time() -> str:
    """What sparse routing saves."""
    return markdown(
        [
            {
                "routing": row["case"],
                "time over that of soft routing": f"{row['ratio']:.2f}",
                "lowest to highest": f"{row['lowest']:.2f} to {row['highest']:.2f}",
                "at most": f"{row['bound']:.1f}",
            }
            for row in known("routing_time")["rows"]
        ]
    )


def experts() -> str:
    """Usage of experts with and without the losses that balance it."""
    runs: dict[tuple[str, str], list[dict]] = {}
    for run in known("experts")["routing"]:
        runs.setdefault((run["routing"], run["losses"]), []).append(run)
    return markdown(
        [
            {
                "routing": routing,
                "losses": losses,
                "usage entropy": f"{mean(run['entropy'] for run in of):.3f}",
                "the lowest": f"{min(run['entropy'] for run in of):.3f}",
                "fewest experts in use": min(run["used"] for run in of),
                "runs warned of": f"{sum(run['warned'] for run in of)} of {len(of)}",
                "validation, %": percent(mean(run["valid_accuracy"] for run in of)),
            }
            for (routing, losses), of in runs.items()
        ]
    )


def experts_accuracy() -> str:
    """Mixtures of experts on AG News, and the linear model beside them."""
    accuracy = known("experts")["accuracy"]
    rows = [
        {
            "model": row["model"],
            "validation, %": percent(row["valid_accuracy"]),
            "test, %": percent(accuracy["mean"], accuracy["std"])
            if row["model"] == accuracy["chosen"]
            else "",
        }
        for row in accuracy["validation"]
    ]
    return f"{markdown(rows)}\n\nOnly what was chosen was tested, with three seeds."


def autoencoders() -> str:
    """Reconstruction, clusters and classes by autoencoders."""
    figures = known("autoencoders")
    parts = []
    mnist = figures["mnist"]
    parts.append(
        f"**Reconstruction.** {mnist['split']}: binary cross-entropy a pixel of the "
        f"test part {_spread(mnist['summary']['bce'], 4)} (784-256-64-256-784, "
        f"{mnist['parameters']['max_epochs']} epochs)."
    )
    for name, caption in (("latent_sizes", "latent size"), ("activations", "between")):
        study = figures[name]
        rows = [
            {caption: row["model"], "cross-entropy a pixel": _spread(row["bce"], 4)}
            for row in study["rows"]
        ]
        parts.append(f"{study['split']}:\n\n{markdown(rows)}")
    clusters, classes = figures["clusters"], figures["classes"]
    rows = [
        {
            "USPS, test part": "pixels",
            "purity of 10 clusters": _spread(clusters["raw"]["summary"]["purity"], 3),
            "silhouette": _spread(clusters["raw"]["summary"]["silhouette"], 3),
            "logistic regression, %": percent(classes["raw"]["accuracy"]),
        },
        {
            "USPS, test part": "latents",
            "purity of 10 clusters": _spread(
                clusters["latents"]["summary"]["purity"], 3
            ),
            "silhouette": _spread(clusters["latents"]["summary"]["silhouette"], 3),
            "logistic regression, %": percent(
                *classes["latents"]["summary"]["accuracy"].values()
            ),
        },
    ]
    looks = [
        f"{look['latents']['summary']['purity']['mean']:.3f} and "
        f"{look['latents']['summary']['silhouette']['mean']:.3f}"
        for look in clusters["earlier_looks"]
    ]
    parts.append(
        f"**Latents.** {classes['split']}. Clusters and classes have an autoencoder "
        f"each:\n\n{markdown(rows)}\n\nThe gain in purity is smaller than the spread "
        "between seeds. And the test part was not looked at once only: of the "
        f"{len(looks)} autoencoders for clusters that were tried on it before, purity "
        f"and silhouette were {'; '.join(looks)}."
    )
    return "\n\n".join(parts)


def _spread(summary: dict, digits: int) -> str:
    return f"{summary['mean']:.{digits}f} ± {summary['std']:.{digits}f}"


def learning_rates() -> str:
    """What the learning-rate finder suggests, beside a grid."""
    figures = known("learning_rate")
    rows = [
        {
            "optimizer": row["optimizer"],
            "suggested": ", ".join(f"{lr:.2g}" for lr in sorted(set(row["suggested"]))),
            "validation loss at it": f"{row['valid_loss']:.3f}",
            "at the best of a grid": f"{row['best of the grid']:.3f} ({row['at']:.2g})",
            "at a tenth of it": f"{row['at a tenth']:.3f}",
        }
        for row in figures["results"]
    ]
    return f"{markdown(rows)}\n\n{figures['split']}, {len(figures['seeds'])} seeds."


def perceptrons() -> str:
    """Perceptrons with settings from a search."""
    rows = [
        {
            "task": row["task"],
            "model": row["model"],
            "test, %": percent(row["accuracy"], row["std"]),
            "wanted, %": percent(row["at least"]),
            "reported": row["reported"],
        }
        for row in known("perceptrons")["rows"]
    ]
    return markdown(rows)


def studies() -> str:
    """One table a study."""
    parts = []
    for name, study in known("studies").items():
        if name == "environment":
            continue
        rows = [
            {
                **{key: row[key] for key in row if key not in SCORES},
                "accuracy, %": percent(
                    row["accuracy"], row["std"] if len(study["seeds"]) > 1 else None
                ),
            }
            for row in study["rows"]
        ]
        more = ""
        if len(rows) > MANY_ROWS:
            more = f"\n\nThe best {N_BEST} of {len(rows)}."
            best = sorted(study["rows"], key=lambda row: -(row["accuracy"] or 0))
            rows = [rows[study["rows"].index(row)] for row in best[:N_BEST]]
        parts.append(f"{_titled(name, study, rows)}{more}")
    return "\n\n".join(parts)


def _titled(name: str, study: dict, rows: list[dict]) -> str:
    title, data = name.replace("_", " ").capitalize(), study["data"]
    return (
        f"**{title}.** {data[0].upper()}{data[1:]}. Reported: {study['reported']}."
        f"\n\n{markdown(rows)}"
    )


def ag_news() -> str:
    """Models of texts on AG News."""
    rows = [
        {
            "model": row["model"],
            "validation, %": percent(row["validation"]),
            "test, %": percent(row["accuracy"], row["std"]),
            "macro F1": f"{row['macro_f1']:.4f}",
        }
        for row in known("ag_news")["rows"]
    ]
    return markdown(rows)


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
            score, more = _spread(row, 4), f": {task['metric']}"
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
            parts.append(_titled(name, study, rows))
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


PAGES = {
    "scenarios": {"ladders": ladders},
    "images": {"images": images},
    "experts": {
        "routing-time": routing_time,
        "experts": experts,
        "experts-accuracy": experts_accuracy,
    },
    "autoencoders": {"autoencoders": autoencoders},
    "scratch": {
        "scratch-speed": scratch_speed,
        "scratch-accuracy": scratch_accuracy,
        "scratch-studies": scratch_studies,
    },
    "training": {"learning-rates": learning_rates},
    "studies": {"studies": studies, "perceptrons": perceptrons, "ag_news": ag_news},
}
