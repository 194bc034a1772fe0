"""Mixtures of experts on AG News: are all experts used, and what is it worth?

The first part trains 8 experts on 300 components of TF-IDF (an SVD), with soft and with
top-2 routing, with the load-balancing and router z losses as by default, with ten times
the former, and without both, five seeds each. An expert counts as used when it has at
least a tenth of an even share of the training rows. The second part compares settings
on the same validation rows, a stratified fifth of the training rows, and scores the
best of them, trained on all training rows, once on the official test part, three seeds.

    python -m benchmarks.experts              both parts
    python -m benchmarks.experts --pictures   the heat maps, from the saved figures

    routing    losses        entropy    lowest    used, least    valid_accuracy
    ---------  ----------  ---------  --------  -------------  ----------------
    soft       by default     0.9997    0.9996              8            0.8862
    soft       ten times      1.0000    0.9999              8            0.8850
    soft       without        0.9996    0.9994              8            0.8859
    top 2      by default     0.7932    0.7557              8            0.8802
    top 2      ten times      0.9937    0.9905              8            0.8746
    top 2      without        0.5943    0.4831              5            0.8819
"""

import argparse
import re
import warnings
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import sklearn
import torch
from joblib import Parallel, delayed
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from benchmarks._report import known, save, show, spread
from sklearn_nn.datasets import fetch_ag_news
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.neural_network import MoEClassifier
from sklearn_nn.svm import TfidfLinearSVC

IMAGES = Path(__file__).parents[1] / "docs/user_guide/images"
ROUTING_SEEDS, SEEDS = range(5), range(3)
USED = 0.1
N_COMPONENTS = 300
ROUTING = {
    "n_experts": 8,
    "hidden_size": 64,
    "dropout": 0.5,
    "batch_size": 128,
    "max_epochs": 4,
}
TOP_K = {"soft": None, "top 2": 2}
LOSSES = {
    "by default": {"router_aux_loss_coef": 0.01},
    "ten times": {"router_aux_loss_coef": 0.1},
    "without": {"router_aux_loss_coef": 0.0, "router_z_loss_coef": 0.0},
}


def tfidf() -> TfidfVectorizer:
    return TfidfVectorizer(
        sublinear_tf=True, ngram_range=(1, 2), min_df=2, dtype=np.float32
    )


def candidates(seed: int, memory: str) -> dict[str, Any]:
    """Return name -> pipeline on raw texts, the network last."""
    shared = {
        "dropout": 0.5,
        "lr_schedule": "linear",
        "router_aux_loss_coef": 0.1,
        "random_state": seed,
    }
    best_terms = tfidf(), SelectKBest(chi2, k=30_000)
    sparse = shared | {
        "n_experts": 4,
        "hidden_size": 16,
        "batch_size": 256,
        "lr": 2e-3,
        "max_epochs": 2,
    }
    dense = ROUTING | shared
    ids = dense | {"inputs": "token_ids", "embedding_dim": 100, "max_epochs": 3}
    return {
        "TF-IDF, 30,000 terms, soft": make_pipeline(
            *best_terms, MoEClassifier(**sparse), memory=memory
        ),
        "TF-IDF, 30,000 terms, top 2": make_pipeline(
            *best_terms, MoEClassifier(**sparse, top_k=2), memory=memory
        ),
        "token ids, soft": make_pipeline(
            SequenceVectorizer(max_length=100), MoEClassifier(**ids)
        ),
    }


def routing(texts: tuple, y: tuple, jobs: int) -> list[dict]:
    """Train both routings with and without the losses; return a row a run."""
    svd = make_pipeline(tfidf(), TruncatedSVD(N_COMPONENTS, random_state=0))
    rows = svd.fit_transform(texts[0]), svd.transform(texts[1])
    return Parallel(n_jobs=jobs)(
        delayed(routed)(rows, y, name, losses, seed)
        for name, losses, seed in product(TOP_K, LOSSES, ROUTING_SEEDS)
    )


def routed(rows: tuple, y: tuple, name: str, losses: str, seed: int) -> dict:
    """Train one mixture and tell how it used its experts."""
    torch.set_num_threads(1)
    model = MoEClassifier(
        **ROUTING, **LOSSES[losses], top_k=TOP_K[name], random_state=seed
    )
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(rows[0], y[0])
    usage = model.expert_usage_
    shares = np.bincount(y[0]) @ usage / len(y[0])
    return {
        "routing": name,
        "losses": losses,
        "seed": seed,
        "entropy": model.routing_entropy_,
        "lowest_share": float(shares.min()),
        "used": int((shares >= USED / len(shares)).sum()),
        "warned": bool(seen),
        "valid_accuracy": model.score(rows[1], y[1]),
        "usage": usage.round(4).tolist(),
    }


def show_routing(rows: list[dict]) -> None:
    """Print a line for each routing and loss."""
    lines = []
    for name, losses in product(TOP_K, LOSSES):
        runs = [r for r in rows if (r["routing"], r["losses"]) == (name, losses)]
        lines.append(
            {
                "routing": name,
                "losses": losses,
                "entropy": np.mean([r["entropy"] for r in runs]),
                "lowest": min(r["entropy"] for r in runs),
                "used, least": min(r["used"] for r in runs),
                "valid_accuracy": np.mean([r["valid_accuracy"] for r in runs]),
            }
        )
    show(lines)


def accuracy(texts: tuple, y: tuple) -> dict:
    """Choose on the validation rows, then score the best on the test part."""
    reference = TfidfLinearSVC(random_state=0).fit(texts[0], y[0])
    rows = [
        {
            "model": "TfidfLinearSVC",
            "valid_accuracy": reference.score(texts[1], y[1]),
        }
    ]
    sklearn.set_config(enable_metadata_routing=True)
    with TemporaryDirectory() as memory:
        for name, model in candidates(0, memory).items():
            model.set_params(transform_input=["X_val"])
            model[-1].set_fit_request(X_val=True, y_val=True)
            model.fit(texts[0], y[0], X_val=texts[1], y_val=y[1])
            by_epoch = [row["valid_acc"] for row in model[-1].history_]
            rows.append(
                {"model": name, "valid_accuracy": by_epoch[-1], "by_epoch": by_epoch}
            )
            show(rows[-1:])
        best = max(rows[1:], key=lambda row: row["valid_accuracy"])["model"]
        final = tested(best, memory, np.concatenate(texts), np.concatenate(y))
    return {"validation": rows, "chosen": best} | final


def tested(name: str, memory: str, texts: np.ndarray, y: np.ndarray) -> dict:
    """Train on all training rows, with each seed, and score on the test part."""
    test_texts, test_y = fetch_ag_news(subset="test", return_X_y=True)
    scores = []
    for seed in SEEDS:
        model = candidates(seed, memory)[name].fit(texts, y)
        scores.append(model.score(test_texts, test_y))
        show([{"seed": seed, "test accuracy": scores[-1]}])
    return {
        "test": [
            {"seed": s, "accuracy": a} for s, a in zip(SEEDS, scores, strict=True)
        ],
        "mean": float(np.mean(scores)),
        "std": spread(scores),
        "steps": [
            re.sub(" at 0x[0-9a-f]+", "", str(s)) for s in model.named_steps.values()
        ],
    }


def draw(rows: list[dict], target_names: list[str]) -> Path:
    """Draw usage by class, sparse routing with and without the losses, one seed."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    shown = [
        row
        for row in rows
        if row["routing"] == "top 2"
        and row["losses"] != "ten times"
        and not row["seed"]
    ]
    title = {"by default": "with the losses", "without": "without"}
    figure, axes = plt.subplots(
        1, len(shown), figsize=(9, 2.6), sharey=True, layout="constrained"
    )
    for axis, row in zip(axes, shown, strict=True):
        usage = np.array(row["usage"])
        image = axis.imshow(usage, vmin=0, vmax=0.5, cmap="viridis", aspect="auto")
        for (c, e), share in np.ndenumerate(usage):
            colour = "black" if share > 0.3 else "white"
            axis.text(e, c, f"{share:.2f}", ha="center", va="center", color=colour)
        axis.set_xticks(range(usage.shape[1]))
        axis.set_yticks(range(len(target_names)), target_names)
        axis.set_xlabel("expert")
        axis.set_title(f"{title[row['losses']]}: entropy {row['entropy']:.2f}")
    figure.colorbar(image, ax=axes, label="share of the class")
    path = IMAGES / "experts_usage.png"
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=110)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--part", choices=["routing", "accuracy"], help="only this one")
    parser.add_argument("--pictures", action="store_true", help="draw, train nothing")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time")
    parser.add_argument("--save", action="store_true", help="write the results file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    news = fetch_ag_news()
    if arguments.pictures:
        print("->", draw(known("experts")["routing"], news.target_names))
        return
    *texts, y_train, y_valid = train_test_split(
        news.data, news.target, test_size=0.2, stratify=news.target, random_state=0
    )
    figures = {
        "data": news.source,
        "split": f"a stratified fifth ({len(y_valid)} rows) of these to validate on",
        "seeds": {"routing": list(ROUTING_SEEDS), "accuracy": list(SEEDS)},
        "settings": {"routing": ROUTING, "losses": LOSSES, "svd": N_COMPONENTS},
    }
    y = y_train, y_valid
    if arguments.part != "accuracy":
        figures["routing"] = routing(tuple(texts), y, arguments.jobs)
        show_routing(figures["routing"])
    if arguments.part != "routing":
        figures["accuracy"] = accuracy(tuple(texts), y)
    if arguments.save:
        print("->", save("experts", known("experts") | figures))


if __name__ == "__main__":
    main()
