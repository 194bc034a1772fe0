"""The tables of a run store: what of a matrix is written where, and read again."""

import io
import json
import sqlite3
import zlib

import numpy as np

from ._results import ScenarioResults, ScenarioRun

SCHEMA = """
CREATE TABLE matrix (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    description TEXT NOT NULL, classes TEXT NOT NULL, metric TEXT NOT NULL,
    about TEXT NOT NULL);
CREATE TABLE splits (
    split INTEGER PRIMARY KEY, rows BLOB NOT NULL, y BLOB NOT NULL, languages TEXT);
CREATE TABLE scenarios (
    code TEXT PRIMARY KEY, place INTEGER NOT NULL, excluded TEXT);
CREATE TABLE runs (
    code TEXT NOT NULL, split INTEGER NOT NULL, data TEXT NOT NULL,
    scores TEXT NOT NULL, train_scores TEXT, confusion_matrix TEXT, predicted BLOB,
    fit_time REAL NOT NULL, score_time REAL NOT NULL, step_times TEXT NOT NULL,
    error TEXT, traceback TEXT, versions TEXT NOT NULL, finished TEXT NOT NULL,
    PRIMARY KEY (code, split, data));
"""


def pack(array: np.ndarray) -> bytes:
    """Compress an array of whole numbers; reading it back runs no code."""
    largest = int(array.max(initial=0))
    buffer = io.BytesIO()
    np.save(buffer, array.astype(np.min_scalar_type(largest)), allow_pickle=False)
    return zlib.compress(buffer.getvalue())


def unpack(packed: bytes) -> np.ndarray:
    """Undo :func:`pack`."""
    return np.load(io.BytesIO(zlib.decompress(packed)), allow_pickle=False).astype(int)


def write_matrix(connection: sqlite3.Connection, matrix: ScenarioResults) -> None:
    """Write what is to be run; outcomes that only the store knows come last."""
    known = connection.execute("SELECT about FROM matrix").fetchone()
    levers, outcomes = matrix.levers, matrix.outcomes
    if known:
        # What both know is the same: this only keeps the order of the new matrix,
        # whose first outcomes are the baseline.
        before = json.loads(known[0])
        levers = {k: {**v, **before["levers"][k]} for k, v in levers.items()}
        outcomes = {k: {**v, **before["outcomes"][k]} for k, v in outcomes.items()}
    about = {**matrix.about, "levers": levers, "outcomes": outcomes}
    connection.execute(
        "INSERT OR REPLACE INTO matrix VALUES (1, ?, ?, ?, ?)",
        (
            json.dumps(matrix.about["description"]),
            json.dumps(matrix.classes),
            matrix.metric,
            json.dumps(about),
        ),
    )
    for split, (rows, y) in enumerate(zip(matrix.rows, matrix.y, strict=True)):
        languages = matrix.languages and json.dumps(list(matrix.languages[split]))
        connection.execute(
            "INSERT OR REPLACE INTO splits VALUES (?, ?, ?, ?)",
            (split, pack(rows), pack(y), languages),
        )
    place = connection.execute("SELECT COUNT(*) FROM scenarios").fetchone()[0]
    wanted = [*dict.fromkeys(matrix.codes), *matrix.excluded]
    for offset, code in enumerate(wanted):
        connection.execute(
            "INSERT INTO scenarios VALUES (?, ?, ?) "
            "ON CONFLICT (code) DO UPDATE SET excluded = excluded.excluded",
            (code, place + offset, matrix.excluded.get(code)),
        )


def read_matrix(connection: sqlite3.Connection) -> ScenarioResults:
    """Return all that a store holds."""
    try:
        return _decoded(connection)
    except (ValueError, TypeError, KeyError, EOFError, zlib.error) as error:
        raise sqlite3.DatabaseError(f"unreadable content ({error})") from error


def _decoded(connection: sqlite3.Connection) -> ScenarioResults:
    row = connection.execute("SELECT classes, metric, about FROM matrix").fetchone()
    about = json.loads(row[2])
    splits = connection.execute("SELECT * FROM splits ORDER BY split").fetchall()
    scenarios = connection.execute(
        "SELECT code, excluded FROM scenarios ORDER BY place"
    ).fetchall()
    runs = connection.execute(
        "SELECT code, split, scores, predicted, train_scores, step_times, fit_time, "
        "score_time, error, traceback FROM runs JOIN scenarios USING (code) "
        "WHERE excluded IS NULL ORDER BY runs.rowid"
    ).fetchall()
    has_languages = all(split[3] is not None for split in splits)
    return ScenarioResults(
        levers=about.pop("levers"),
        outcomes=about.pop("outcomes"),
        codes=[code for code, excluded in scenarios if excluded is None],
        excluded={code: reason for code, reason in scenarios if reason is not None},
        classes=json.loads(row[0]),
        rows=[unpack(split[1]) for split in splits],
        y=[unpack(split[2]) for split in splits],
        languages=[np.array(json.loads(split[3])) for split in splits]
        if has_languages
        else None,
        metric=row[1],
        runs=[
            ScenarioRun(
                code=run[0],
                split=run[1],
                scores=json.loads(run[2]),
                predicted=None if run[3] is None else unpack(run[3]),
                train_scores=json.loads(run[4]),
                step_times=json.loads(run[5]),
                fit_time=run[6],
                score_time=run[7],
                error=run[8],
                traceback=run[9],
            )
            for run in runs
        ],
        about=about,
    )
