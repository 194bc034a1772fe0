"""How often, and how fast, the three algorithms find the language of a sentence.

SIB-200's sentences in 15 languages, each by itself: those of the test part (204 a
language) and of all parts (1,004). The algorithms take turns in one process of one
thread; the processor's time counts. "15" means that they choose among the 15
languages, "all" among all they know.

    python -m benchmarks.language_detection
"""

import argparse
import csv
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks._report import save, show
from sklearn_nn.datasets import get_data_home
from sklearn_nn.preprocessing import detect_language

LANGUAGES = {
    "arb_Arab": "ar",
    "deu_Latn": "de",
    "eng_Latn": "en",
    "fra_Latn": "fr",
    "hin_Deva": "hi",
    "ita_Latn": "it",
    "jpn_Jpan": "ja",
    "nld_Latn": "nl",
    "pol_Latn": "pl",
    "por_Latn": "pt",
    "rus_Cyrl": "ru",
    "spa_Latn": "es",
    "swh_Latn": "sw",
    "tur_Latn": "tr",
    "zho_Hans": "zh",
}
PARTS = ("train", "dev", "test")
ALGORITHMS = ("fasttext", "langid", "langdetect")


def load_sentences(
    home: str | Path, parts: Sequence[str] = PARTS
) -> tuple[list[str], np.ndarray]:
    """Return the sentences and the codes of their languages."""
    texts, codes = [], []
    for folder, code in LANGUAGES.items():
        for part in parts:
            path = Path(home, "sib200", folder, f"{part}.tsv")
            with path.open(encoding="utf-8", newline="") as file:
                rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
                texts += [row["text"] for row in rows]
            codes += [code] * (len(texts) - len(codes))
    return texts, np.array(codes)


def accuracy(texts: list[str], codes: np.ndarray, **parameters) -> dict[str, float]:
    """Return the share of right answers, in total and language by language."""
    right = detect_language(texts, **parameters) == codes
    shares = {code: float(right[codes == code].mean()) for code in sorted(set(codes))}
    return {"accuracy": float(right.mean())} | shares


def speeds(texts: list[str], n_rounds: int) -> dict[str, float]:
    """Return texts a second; every round times all the algorithms, in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in ALGORITHMS}
    for _ in range(n_rounds):
        for name in ALGORITHMS:
            started = time.process_time()
            detect_language(texts, algorithm=name)
            seconds[name].append(time.process_time() - started)
    return {name: len(texts) / statistics.median(s) for name, s in seconds.items()}


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    n_rounds = parser.parse_args(argv).rounds
    candidates = sorted(LANGUAGES.values())
    rows = []
    for part, parts in (("test", ["test"]), ("all", PARTS)):
        texts, codes = load_sentences(get_data_home(), parts)
        for name in ALGORITHMS:
            for among, languages in (("all", None), ("15", candidates)):
                figures = accuracy(texts, codes, algorithm=name, languages=languages)
                row = {"part": part, "algorithm": name, "among": among}
                rows.append({**row, "n_texts": len(texts), **figures})
    texts, _ = load_sentences(get_data_home(), ["test"])
    per_second = speeds(texts, n_rounds)
    show(rows)
    show([{"algorithm": name, "texts a second": v} for name, v in per_second.items()])
    figures = {
        "data": "SIB-200, 15 languages: test part (204 a language); all (1,004)",
        "rows": rows,
        "texts_per_second": per_second,
        "texts_timed": f"{len(texts)} sentences of the test part, one thread",
        "rounds": n_rounds,
        "bound_default": 0.97,
    }
    print("->", save("language_detection", figures))


if __name__ == "__main__":
    main()
