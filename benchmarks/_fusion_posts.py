"""A stack of text models on 20 Newsgroups, random 80/10/10, raw posts.

Every base answers for the training posts out of fold (three folds) and, fitted on all
of them, for those of validation and test. What combines them learns from the former.
Which bases to take is chosen on the validation posts; test is scored once, for that
choice and for each base alone.
"""

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from benchmarks._fusion_answers import answers, fused
from benchmarks._models import DENSE, RECURRENT, SEED, scores, text_models
from benchmarks._newsgroups_data import Split, load_split

MLP = {"hidden_layer_sizes": (128,), "dropout": 0.5, "batch_size": 128, "max_epochs": 8}
BIGRU = {"max_epochs": 8, "lr": 4e-3, "lr_schedule": "onecycle"}
STACKS = (
    ("words", "BiGRU", "MLP"),
    ("words", "BiGRU", "characters"),
    ("words", "BiGRU", "MLP", "characters"),
)
PARTS = ("train", "valid", "test")


def posts(keep: Path | None = None) -> dict:
    """Compare the bases with their stacks; `keep` is a folder for their logits."""
    split = load_split("random")
    labels = {part: getattr(split, part)[1] for part in PARTS}
    logits = {name: kept(name, base, split, keep) for name, base in bases().items()}
    train = {name: found["train"] for name, found in logits.items()}
    stacks = {
        names: fused(names, train, labels["train"], random_state=SEED)
        for names in STACKS
    }
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


def kept(
    name: str, base: Any, split: Split, folder: Path | None
) -> dict[str, np.ndarray]:
    """Return the logits of a base, from a file where there is one."""
    path = None if folder is None else folder / f"{name}.npz"
    if path is not None and path.exists():
        with np.load(path) as found:
            return {part: found[part] for part in PARTS}
    print(f"fitting {name} in three folds and on all posts", flush=True)
    others = [split.valid[0], split.test[0]]
    found = answers(base, *split.train, others, cv=3, random_state=SEED)
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
