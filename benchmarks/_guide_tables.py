"""The tables of the user guide, from ``results/*.json``."""

from statistics import mean, median

from benchmarks import _fusion_tables, _scaling_tables
from benchmarks._cells import percent, plus_minus, titled
from benchmarks._explanation_tables import explanations
from benchmarks._report import known, markdown
from benchmarks._scratch_tables import scratch_accuracy, scratch_speed, scratch_studies

MANY_ROWS, N_BEST = 30, 12
SCORES = ("accuracy", "std", "fit_s")


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
        f"test part {plus_minus(mnist['summary']['bce'], 4)} (784-256-64-256-784, "
        f"{mnist['parameters']['max_epochs']} epochs)."
    )
    for name, caption in (("latent_sizes", "latent size"), ("activations", "between")):
        study = figures[name]
        rows = [
            {caption: row["model"], "cross-entropy a pixel": plus_minus(row["bce"], 4)}
            for row in study["rows"]
        ]
        parts.append(f"{study['split']}:\n\n{markdown(rows)}")
    clusters, classes = figures["clusters"], figures["classes"]
    rows = [
        {
            "USPS, test part": "pixels",
            "purity of 10 clusters": plus_minus(
                clusters["raw"]["summary"]["purity"], 3
            ),
            "silhouette": plus_minus(clusters["raw"]["summary"]["silhouette"], 3),
            "logistic regression, %": percent(classes["raw"]["accuracy"]),
        },
        {
            "USPS, test part": "latents",
            "purity of 10 clusters": plus_minus(
                clusters["latents"]["summary"]["purity"], 3
            ),
            "silhouette": plus_minus(clusters["latents"]["summary"]["silhouette"], 3),
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
        parts.append(f"{titled(name, study, rows)}{more}")
    return "\n\n".join(parts)


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


def pretrained_text() -> str:
    """Heads on a pretrained transformer, on AG News."""
    figures = known("pretrained_text")
    names = {"frozen": "frozen", "tuned": "fine-tuned", "tuned_moe": "fine-tuned"}
    heads = {"linear": "linear", "moe": "mixture of experts"}
    rows = [
        {
            "encoder": names[row["encoder"]],
            "head": heads[row["head"]],
            "test, %": percent(row["accuracy"], row["std"]),
            "at least, %": "" if row["at least"] is None else percent(row["at least"]),
        }
        for row in figures["rows"]
    ]
    frozen = figures["frozen"]
    return (
        f"{markdown(rows)}\n\n{frozen['split']}. The first model with a frozen "
        f"encoder took {frozen['first_s']:.0f} s with everything, on "
        f"{frozen['threads']} cores; a second one, which finds the vectors in memory, "
        f"{frozen['second_s']:.0f} s. Reported: {figures['reported']}."
    )


def pretrained_speed() -> str:
    """Fine-tuning and prediction beside Hugging Face's Trainer and pipeline."""
    figures = known("pretrained_speed")
    texts = {
        "newsgroups": "20 Newsgroups, raw, cut at 256 tokens",
        "bodies": "20 Newsgroups, bodies, cut at 256 tokens",
        "ag_news": "AG News, cut at 128 tokens",
    }
    parts = [
        (f"{what}: {text}", found[name])
        for what, found in (("training", figures), ("prediction", figures["inference"]))
        for name, text in texts.items()
        if name in found
    ]
    rows = []
    for what, part in parts:
        ours = median(part["candidates"]["ours"]["cpu_seconds"])
        for name, found in part["candidates"].items():
            seconds = median(found["cpu_seconds"])
            rows.append(
                {
                    "": what,
                    "who": name,
                    "padding": f"{found['padding']:.0%}",
                    "times ours": f"{seconds / ours:.2f}",
                }
            )
            what = ""
    return (
        f"{markdown(rows)}\n\nProcessor time, {figures['precision']}, batches of 32, "
        f"one thread, medians of {figures['newsgroups']['rounds']} rounds in turn. Raw "
        "posts are mostly longer than 256 tokens: there is little padding to save."
    )


def products() -> str:
    """Models of pictures and of texts of products."""
    figures = known("products")
    kinds = {"random": "random", "grouped": "twins kept together"}
    rows = [
        {
            "model": row["model"],
            "folds": kinds[row["folds"]],
            "accuracy, %": percent(row["accuracy"], row["accuracy_std"]),
            "macro F1, %": percent(row["macro_f1"], row["macro_f1_std"]),
            "weighted F1, %": percent(row["weighted_f1"], row["weighted_f1_std"]),
        }
        for row in figures["rows"]
    ]
    twins = figures["duplicates"]["either"]
    return (
        f"{markdown(rows)}\n\nflipkart_1050, 1,047 products, five stratified folds, "
        f"twice; ± is the standard deviation over the ten. "
        f"{twins['rows_with_a_twin']} products have a twin of nearly the same text or "
        "picture, which random folds separate."
    )


PAGES = {
    "scenarios": {"ladders": ladders},
    "images": {"images": images},
    "experts": {
        "routing-time": routing_time,
        "experts": experts,
        "experts-accuracy": experts_accuracy,
    },
    "autoencoders": {"autoencoders": autoencoders},
    "inspection": {"explanations": explanations},
    "scratch": {
        "scratch-speed": scratch_speed,
        "scratch-accuracy": scratch_accuracy,
        "scratch-studies": scratch_studies,
    },
    "training": {"learning-rates": learning_rates},
    "pretrained_text": {
        "pretrained-text": pretrained_text,
        "pretrained-speed": pretrained_speed,
    },
    "pretrained_images": {"products": products},
    "fusion": {
        "fusion": _fusion_tables.fusion,
        "posts": _fusion_tables.posts,
        "stacking": _fusion_tables.stacking,
    },
    "../scaling": {
        "rows": _scaling_tables.rows,
        "many": _scaling_tables.many,
        "scenarios": _scaling_tables.scenarios,
        "experts": _scaling_tables.experts,
        "workers": _scaling_tables.workers,
    },
    "studies": {"studies": studies, "perceptrons": perceptrons, "ag_news": ag_news},
}
