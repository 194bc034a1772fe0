"""SIB-200: the same sentences in many languages, with their topics."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

from sklearn_nn.datasets import get_data_home

PARTS = {"train": ("train", "dev"), "test": ("test",), "all": ("train", "dev", "test")}
_COLUMNS = "index_id\tcategory\ttext"


def load_sib200(
    *, subset: str = "all", languages: Sequence[str] | None = None
) -> Bunch:
    """Load what lies in the folder ``sib200`` of the data home.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="all"
        The published parts, "train" with the development part. They are made of other
        sentences, so that none is trained on in one language and tested in another.
    languages : list of str, default=None
        Names of folders, such as "fra_Latn"; None is all that are there.

    Returns
    -------
    dataset : Bunch
        ``data`` (texts), ``target`` (topics), ``language`` (the folders' first three
        letters, ISO 639-3), ``sentence`` (its number, the same in all languages).

    Raises
    ------
    OSError
        If the folder is not there.
    ValueError
        If a part or a language is unknown, or a file is damaged.

    References
    ----------
    .. [1] D. I. Adelani et al., "SIB-200: A Simple, Inclusive, and Big Evaluation
       Dataset for Topic Classification in 200+ Languages and Dialects", Conference of
       the European Chapter of the ACL, 2024.
    """
    if subset not in PARTS:
        raise ValueError(f"subset={subset!r} is none of {', '.join(PARTS)}.")
    folder = Path(get_data_home(), "sib200")
    found = sorted(path.parent.name for path in folder.glob("*/train.tsv"))
    if not found:
        raise OSError(
            f"SIB-200 is not in the data home. Put its folders, one a language with "
            f"train.tsv, dev.tsv and test.tsv, into {folder}"
        )
    wanted = found if languages is None else list(languages)
    unknown = [name for name in wanted if name not in found]
    if unknown:
        raise ValueError(f"There is no {unknown[0]!r} in {folder}, but {found}.")
    rows = [
        (*row, name[:3])
        for name in wanted
        for part in PARTS[subset]
        for row in _read(folder / name / f"{part}.tsv")
    ]
    sentences, topics, texts, codes = zip(*rows, strict=True)
    return Bunch(
        data=np.array(texts, dtype=object),
        target=np.array(topics),
        language=np.array(codes),
        sentence=np.array(sentences),
        feature_names=["text"],
    )


def _read(path: Path) -> list[tuple[str, str, str]]:
    header, *lines = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
    rows = [line.split("\t") for line in lines]
    if header != _COLUMNS or any(len(row) != 3 for row in rows):
        raise ValueError(f"{path} is no part of SIB-200: its columns are others.")
    return [(sentence, topic, text) for sentence, topic, text in rows]
