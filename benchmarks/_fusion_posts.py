"""A stack of text models on 20 Newsgroups, random 80/10/10, raw posts.

Every base answers for the training posts out of fold (three folds) and, fitted on all
of them, for those of validation and test. What combines them learns from the former.
Which bases to take is chosen on the validation posts; test is scored once, for that
choice and for each base alone.
"""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from benchmarks._models import DENSE, RECURRENT, SEED, scores, text_models
from benchmarks._newsgroups_data import Split, load_split
from sklearn_nn.ensemble import LateFusionClassifier

MLP = {"hidden_layer_sizes": (128,), "dropout": 0.5, "batch_size": 128, "max_epochs": 8}
BIGRU = {"max_epochs": 8, "lr": 4e-3, "lr_schedule": "onecycle"}
STACKS = (
    ("words", "BiGRU", "MLP"),
    ("words", "BiGRU", "characters"),
    ("words", "BiGRU", "MLP", "characters"),
)
PARTS = ("train", "valid", "test")


class Given(ClassifierMixin, BaseEstimator):
    """A base that has answered already: X holds its logits."""

    def __init__(self, n_classes: int):
        self.n_classes = n_classes

    @property
    def classes_(self) -> np.ndarray:
        return np.arange(self.n_classes)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_log_proba(self, X: np.ndarray) -> np.ndarray:
        return X

    def predict(self, X: np.ndarray) -> np.ndarray:
        return X.argmax(axis=1)


def posts(keep: Path | None = None) -> dict:
    """Compare the bases with their stacks; `keep` is a folder for their logits."""
    split = load_split("random")
    labels = {part: getattr(split, part)[1] for part in PARTS}
    n_classes = len(split.target_names)
    logits = {name: answers(name, base, split, keep) for name, base in bases().items()}
    stacks = {}
    for names in STACKS:
        stack = LateFusionClassifier(
            estimators=[(name, Given(n_classes), name) for name in names],
            cv="prefit",
            random_state=SEED,
        )
        stack.fit({name: logits[name]["train"] for name in names}, labels["train"])
        stacks[names] = stack
    alone = {
        name: {
            part: scores(labels[part], found[part].argmax(axis=1))
            for part in ("valid", "test")
        }
        for name, found in logits.items()
    }
    valid = {
        names: scores(labels["valid"], predicted(stack, logits, "valid"))["accuracy"]
        for names, stack in stacks.items()
    }
    chosen = max(STACKS, key=lambda names: valid[names])
    return {
        "data": f"{split.name}, {' / '.join(str(len(labels[part])) for part in PARTS)}",
        "seed": SEED,
        "settings": {"mlp": MLP, "bigru": BIGRU, "folds": 3},
        "bases": alone,
        "stacks_valid_accuracy": {" + ".join(names): valid[names] for names in STACKS},
        "chosen": " + ".join(chosen),
        "ablation": stacks[chosen].ablation_,
        "blend": stacks[chosen].blend_weights_.tolist(),
        "test": scores(labels["test"], predicted(stacks[chosen], logits, "test")),
        "to_words": paired(
            predicted(stacks[chosen], logits, "test") == labels["test"],
            logits["words"]["test"].argmax(axis=1) == labels["test"],
        ),
    }


def bases() -> dict[str, Any]:
    models = text_models(MLP, BIGRU)
    return {
        "words": models["TfidfLinearSVC"],
        "characters": make_pipeline(
            TfidfVectorizer(
                analyzer="char_wb",
                ngram_range=(3, 5),
                sublinear_tf=True,
                min_df=2,
                dtype=np.float32,
            ),
            LinearSVC(random_state=SEED),
        ),
        "MLP": models[DENSE],
        "BiGRU": models[RECURRENT],
    }


def answers(
    name: str, base: Any, split: Split, keep: Path | None
) -> dict[str, np.ndarray]:
    """Return logits for the training posts, out of fold, and for the others."""
    path = None if keep is None else keep / f"{name}.npz"
    if path is not None and path.exists():
        with np.load(path) as kept:
            return {part: kept[part] for part in PARTS}
    print(f"fitting {name} in three folds and on all posts", flush=True)
    model = LateFusionClassifier(
        estimators=[(name, base, "post")], cv=3, random_state=SEED
    )
    (texts, y), *others = (getattr(split, part) for part in PARTS)
    found = [model.fit_transform({"post": texts}, y)]
    found += [model.transform({"post": texts}) for texts, _ in others]
    logits = dict(zip(PARTS, found, strict=True))
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, **logits)
        part.replace(path)
    return logits


def predicted(stack: Any, logits: dict, part: str) -> np.ndarray:
    return stack.predict({name: logits[name][part] for name, *_ in stack.estimators})


def paired(right: np.ndarray, other: np.ndarray) -> dict:
    """Return the difference in accuracy on the same rows, with its standard error."""
    difference = right.astype(float) - other
    error = difference.std(ddof=1) / np.sqrt(len(difference))
    return {"difference": float(difference.mean()), "standard_error": float(error)}
