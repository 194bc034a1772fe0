"""What cleaning, detection, stop words and lookup lemmas cost, beside the usual recipe.

Ours is a pipeline of four steps, of which two detect the language of every text. The
usual recipe takes one text at a time: Beautiful Soup, langdetect, NLTK's tokeniser and
spaCy's blank pipelines with lookup lemmas, with the same lists of stop words. Both take
the same texts in turn, in one process of one thread, after a first call that loads the
tables; what is measured is processor time, so that others on the machine count less.
Texts agree when they are equal as a whole. Only rows are compared of which both find
the true language; "language told" means that our steps are told it, too.

    python -m benchmarks.text_levers
"""

import argparse
import csv
import gzip
import statistics
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import spacy
from bs4 import BeautifulSoup
from langdetect import DetectorFactory, LangDetectException, detect
from nltk.tokenize import RegexpTokenizer
from sklearn.pipeline import Pipeline
from spacy.tokens import Doc

from benchmarks._report import save, show
from sklearn_nn.datasets import get_data_home, make_product_listings
from sklearn_nn.preprocessing import (
    LanguageDetector,
    Lemmatizer,
    StopWordRemover,
    TextCleaner,
    TextMerger,
)

WORDS = RegexpTokenizer(r"[^\W_]+(?:['’][^\W_]+)*")
WORDS_AND_ELISIONS = RegexpTokenizer(r"[^\W_]+['’](?=\w)|[^\W_]+")
ELIDING = ("fr", "it")


def ours() -> Pipeline:
    """The steps in their default settings."""
    return Pipeline(
        [
            ("merge", TextMerger()),
            ("clean", TextCleaner()),
            ("stop words", StopWordRemover()),
            ("lemmas", Lemmatizer()),
        ]
    )


@cache
def spacy_pipeline(language: str) -> spacy.language.Language:
    pipeline = spacy.blank(language)
    pipeline.add_pipe("lemmatizer", config={"mode": "lookup"})
    pipeline.initialize()
    return pipeline


def usual(row: Sequence[str | None], languages: Sequence[str]) -> tuple[str, str]:
    """Treat one listing; return its language and its lemmas."""
    text = " ".join(dict.fromkeys(part for part in row if part))
    text = BeautifulSoup(text, "html.parser").get_text(" ").lower()
    try:
        language = detect(text)
    except LangDetectException:
        language = "und"
    tokenizer = WORDS_AND_ELISIONS if language in ELIDING else WORDS
    tokens = tokenizer.tokenize(text)
    if language not in languages:
        return language, " ".join(tokens)
    pipeline = spacy_pipeline(language)
    kept = [token for token in tokens if token not in pipeline.Defaults.stop_words]
    return language, " ".join(
        t.lemma_ for t in pipeline(Doc(pipeline.vocab, words=kept))
    )


def seconds(function: Callable, *arguments) -> float:
    started = time.process_time()
    function(*arguments)
    return time.process_time() - started


def throughput(rows: np.ndarray, n_rounds: int) -> dict[str, float]:
    """Return listings a second of the whole pipeline, and microseconds of each step."""
    pipeline = ours().fit(rows)
    rounds = [seconds(pipeline.transform, rows) for _ in range(n_rounds)]
    figures = {"listings a second": len(rows) / statistics.median(rounds)}
    data = rows
    for name, step in pipeline.steps:
        took = min(seconds(step.transform, data) for _ in range(n_rounds))
        figures[f"{name} (us)"] = took / len(rows) * 1e6
        data = step.transform(data)
        if name == "clean":
            detector = LanguageDetector()
            took = min(seconds(detector.transform, data) for _ in range(n_rounds))
            figures["one detection (us)"] = took / len(rows) * 1e6
    return figures


def beside_the_usual(
    rows: np.ndarray, languages: Sequence[str], n_rounds: int
) -> dict[str, float | list[float]]:
    """Time both on the same rows, in turn."""
    pipeline = ours().fit(rows)
    pipeline.transform(rows)
    for row in rows:
        usual(row, languages)
    times = [
        (
            seconds(pipeline.transform, rows),
            seconds(lambda: [usual(row, languages) for row in rows]),
        )
        for _ in range(n_rounds)
    ]
    ratios = [theirs / mine for mine, theirs in times]
    return {
        "ours (listings a second)": len(rows) / statistics.median(t[0] for t in times),
        "usual (listings a second)": len(rows) / statistics.median(t[1] for t in times),
        "ratio": statistics.median(ratios),
        "ratios": ratios,
    }


def agreement(
    rows: np.ndarray, truth: np.ndarray, languages: Sequence[str]
) -> list[dict[str, float | str]]:
    """Compare the outputs, language by language, where both detect the right one."""
    pipeline = ours().fit(rows)
    texts = pipeline.transform(rows)
    cleaned = pipeline[:2].transform(rows)
    found = LanguageDetector().transform(cleaned).ravel()
    theirs = [usual(row, languages) for row in rows]
    their_found = np.array([language for language, _ in theirs])
    their_texts = np.array([text for _, text in theirs], dtype=object)
    table: list[dict[str, float | str]] = []
    for language in languages:
        of_language = truth == language
        both = of_language & (found == language) & (their_found == language)
        # The language is given: what the steps do when detection does not interfere.
        told = Pipeline(
            [
                ("stop words", StopWordRemover(language=language)),
                ("lemmas", Lemmatizer(language=language)),
            ]
        )
        same = texts[both] == their_texts[both]
        same_told = told.transform(cleaned[both]) == their_texts[both]
        table.append(
            {
                "language": language,
                "n_texts": int(of_language.sum()),
                "detected by ours": float((found == truth)[of_language].mean()),
                "detected by usual": float((their_found == truth)[of_language].mean()),
                "detected by both": int(both.sum()),
                "equal": float(same.mean()),
                "equal, language told": float(same_told.mean()),
            }
        )
    return table


def load_flipkart() -> np.ndarray:
    """Return names and descriptions of real products, in English."""
    path = Path(get_data_home(), "flipkart_1050", "products.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        found = [(r["product_name"], r["description"]) for r in csv.DictReader(file)]
    rows = np.empty((len(found), 2), dtype=object)
    rows[:] = found
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--compared", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(argv)
    DetectorFactory.seed = 0
    listings = make_product_listings(options.samples, images=False, random_state=0)
    products = load_flipkart()
    sets = {
        "generated titles": (listings.data[:, :1], listings.language),
        "generated listings": (listings.data, listings.language),
        "flipkart_1050": (products, np.full(len(products), "en")),
    }
    figures: dict = {"bound_listings_a_second": 10_000, "bound_ratio": 10}
    for name, (rows, truth) in sets.items():
        languages = sorted(set(truth.tolist()))
        part, n_equal = rows[: options.compared], 4 * options.compared
        n_characters = np.mean([len(text) for text in TextMerger().fit_transform(rows)])
        figures[name] = {
            "n_texts": len(rows),
            "characters_mean": float(n_characters),
            "n_timed_beside": len(part),
            "throughput": throughput(rows, options.rounds),
            "beside_the_usual": beside_the_usual(part, languages, options.rounds),
            "agreement": agreement(rows[:n_equal], truth[:n_equal], languages),
        }
        print(f"{name}: {len(rows)} texts of {n_characters:.0f} characters")
        show([figures[name]["throughput"]])
        show([figures[name]["beside_the_usual"]])
        show(figures[name]["agreement"])
    print("->", save("text_levers", figures))


if __name__ == "__main__":
    main()
