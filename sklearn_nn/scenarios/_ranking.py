"""The ranking of a matrix, as text and as CSV."""

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sklearn_nn._config import nearest
from sklearn_nn.model_selection._comparison import compare_scenarios
from sklearn_nn.model_selection._results import ScenarioResults
from sklearn_nn.model_selection._summary import (
    complete_runs,
    recomputable_metric,
    summarize_scenario,
)


def short_names(results: ScenarioResults) -> dict[str, str]:
    """Return the levers as one would say them: ``model__search`` is "search"."""
    names: dict[str, str] = {}
    for lever in results.levers:
        step, _, parameter = lever.rpartition("__")
        name = step if parameter == "estimator" else parameter
        names[lever] = name if name not in names.values() else lever
    return names


def rank_scenarios(results: ScenarioResults) -> list[dict[str, Any]]:
    """Rank the scenarios that succeeded on every split, the best first.

    Parameters
    ----------
    results : ScenarioResults
        A matrix, finished or not.

    Returns
    -------
    rows : list of dict
        ``rank``, ``scenario``, the levers' outcomes, the mean of every score,
        ``seconds`` to fit and score; and where the ranking score can be computed from
        predicted classes: ``low`` and ``high``, its interval, ``gap`` to the best,
        ``gap_low``, ``gap_high``, ``p_value`` and ``within_chance``.
    """
    runs = complete_runs(results)
    if not runs:
        return []
    names = short_names(results)
    metric = recomputable_metric(results)
    rows = []
    for code, of in runs.items():
        summary = summarize_scenario(results, of)
        chosen = zip(results.levers.values(), code, strict=True)
        rows.append(
            {"rank": 0, "scenario": code}
            | dict(zip(names.values(), (o[c] for o, c in chosen), strict=True))
            | summary["mean"]
            | {"seconds": summary["fit_time"] + summary["score_time"]}
        )
    if metric is not None:
        compared = compare_scenarios(results, metric=metric, random_state=0)
        for place, row in enumerate(rows):
            low, high = compared.intervals[place].tolist()
            gap_low, gap_high = compared.difference_intervals[place].tolist()
            row |= {
                "low": low,
                "high": high,
                "gap": float(compared.differences[place]),
                "gap_low": gap_low,
                "gap_high": gap_high,
                "p_value": float(compared.p_values[place]),
                "within_chance": bool(compared.within_chance[place]),
            }
    rows.sort(key=lambda row: _descending(row[results.metric]))
    for rank, row in enumerate(rows, 1):
        row["rank"] = rank
    return rows


def sort_rows(
    rows: list[dict[str, Any]], results: ScenarioResults, key: str
) -> list[dict[str, Any]]:
    """Sort a ranking: "score", "time", "code", a lever or a metric.

    Raises
    ------
    ValueError
        If there is nothing of that name.
    """
    if not rows or key == "score":
        return rows
    column = {"time": "seconds", "code": "scenario"}.get(key, key)
    if column not in rows[0]:
        known = ["score", "time", "code", *list(rows[0])[2:]]
        raise ValueError(f"--sort {key}: no such column. {nearest(key, known)}")
    is_score = column in _scores(rows[0], results)
    if is_score:
        return sorted(rows, key=lambda row: _descending(row[column]))
    return sorted(rows, key=lambda row: row[column])


def _descending(score: float) -> tuple[bool, float]:
    """Sort key: the largest first, NaN last."""
    return math.isnan(score), -score


def _scores(row: dict[str, Any], results: ScenarioResults) -> list[str]:
    columns = list(row)
    return columns[2 + len(results.levers) : columns.index("seconds")]


def format_ranking(
    rows: list[dict[str, Any]], results: ScenarioResults, *, top: int | None = None
) -> str:
    """Return the ranking as a table of text; levers that never change are left out."""
    names = short_names(results).values()
    varied = [name for name in names if len({row[name] for row in rows}) > 1]
    has_gap = bool(rows) and "gap" in rows[0]
    header = ["rank", "scenario", *varied, results.metric]
    header += ["interval", "to the best"] * has_gap
    header += ["seconds"]
    table = [header]
    for row in rows[:top]:
        line = [str(row["rank"]), row["scenario"], *(row[name] for name in varied)]
        line.append(f"{row[results.metric]:.4f}")
        if has_gap:
            line += [f"{row['low']:.4f}-{row['high']:.4f}", _gap(row)]
        table.append([*line, f"{row['seconds']:.1f}"])
    lines = [align(table)]
    if len(rows) > len(table) - 1:
        lines.append(f"... and {len(rows) - len(table) + 1} more")
    if has_gap:
        n_close = sum(row["within_chance"] for row in rows) - 1
        lines.append(
            f"{n_close} scenario(s) within chance of the best (~): paired bootstrap of "
            "the test rows, 95 % for all gaps together."
        )
    elif rows:
        lines.append(
            f"{results.metric} cannot be computed from predicted classes: which gaps "
            "are chance is not told."
        )
    return "\n".join(lines)


def _gap(row: dict[str, Any]) -> str:
    if row["gap"] == 0 and row["rank"] == 1:
        return "best"
    return f"{row['gap']:+.4f}{' ~' if row['within_chance'] else ''}"


def align(table: Sequence[Sequence[str]]) -> str:
    """Return rows of text as columns; numbers to the right.

    Examples
    --------
    >>> from sklearn_nn.scenarios._ranking import align
    >>> print(align([["model", "score"], ["mlp", "0.9"]]))
    model  score
    -----  -----
    mlp      0.9
    """
    columns = list(zip(*table, strict=True))
    widths = [max(map(len, column)) for column in columns]
    numeric = [all(map(_is_number, column[1:])) for column in columns]

    def line(row: Sequence[str]) -> str:
        cells = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        return "  ".join(cells).rstrip()

    head, *body = table
    return "\n".join([line(head), "  ".join("-" * w for w in widths), *map(line, body)])


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def format_problems(results: ScenarioResults) -> str:
    """Return what failed, was left out and is still to be run, or an empty text."""
    lines = []
    failures: dict[str, list[str]] = {}
    for run in results.runs:
        if run.error is not None:
            failures.setdefault(run.code, []).append(f"split {run.split}: {run.error}")
    for code, errors in failures.items():
        lines.append(f"failed   {code}  {errors[0]}")
    for code, reason in results.excluded.items():
        lines.append(f"left out {code}  {reason}")
    waiting = set(results.codes) - set(complete_runs(results)) - set(failures)
    if waiting:
        lines.append(f"waiting  {len(waiting)} scenario(s) not run yet")
    return "\n".join(lines)


def write_csv(rows: list[dict[str, Any]], results: ScenarioResults, path: Path) -> None:
    """Write the ranking, and below it the scenarios without a score."""
    names = short_names(results)
    errors: dict[str, str] = {}
    for run in results.runs:
        if run.error is not None:
            errors.setdefault(run.code, run.error)
    columns = list(rows[0]) if rows else ["rank", "scenario", *names.values()]
    ranked = {row["scenario"] for row in rows}
    unranked = [code for code in results.codes if code not in ranked]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*columns, "error"], restval="")
        writer.writeheader()
        writer.writerows(rows)
        for code in unranked:
            chosen = zip(names.values(), results.levers.values(), code, strict=True)
            outcomes = {name: known[character] for name, known, character in chosen}
            error = errors.get(code, "not run yet")
            writer.writerow({"scenario": code, **outcomes, "error": error})
