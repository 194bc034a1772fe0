"""The same sentences in several languages (SIB-200)."""

import csv
from pathlib import Path

FOLDERS = {
    "de": "deu_Latn",
    "en": "eng_Latn",
    "es": "spa_Latn",
    "fr": "fra_Latn",
    "it": "ita_Latn",
    "nl": "nld_Latn",
}


def read_sentences(data_home: Path, language: str, n: int = 200) -> list[str]:
    path = data_home / "sib200" / FOLDERS[language] / "train.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [row["text"] for row in rows][:n]
