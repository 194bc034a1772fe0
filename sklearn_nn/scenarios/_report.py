"""The results of a scenario matrix as one HTML page that needs nothing else."""

import base64
import hashlib
import html
import json
import os
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from sklearn_nn.model_selection._results import ScenarioResults
from sklearn_nn.scenarios._outputs import REPORT_MARK, check_replaceable
from sklearn_nn.scenarios._report_data import report_data

_SCRIPTS = (
    "core.js",
    "table.js",
    "overview.js",
    "ranking.js",
    "effects.js",
    "confusion.js",
    "scatter.js",
    "breakdowns.js",
    "problems.js",
)


def write_report(
    results: ScenarioResults,
    path: str | os.PathLike,
    *,
    title: str | None = None,
    random_state: int | np.random.RandomState | None = 0,
) -> Path:
    """Write the results of a scenario matrix as one self-contained HTML page.

    The page ranks the scenarios, says which gaps are larger than chance, draws the
    effect of each lever, and shows the confusion matrix of any scenario, score
    against time, scores by language, the time of the steps, and what failed or was
    left out. It loads nothing from anywhere and can be sent as one file.

    Parameters
    ----------
    results : ScenarioResults
        A matrix, finished or not.
    path : str or path-like
        The file to write. An existing report is replaced only when the page is
        complete, any other file never.
    title : str or None, default=None
        Heading of the page; None is the title in ``results.about``.
    random_state : int, RandomState instance or None, default=0
        For the bootstrap: an int gives the same page at each call.

    Returns
    -------
    path : Path
        The file written.

    Raises
    ------
    TypeError
        If `results` is not a ScenarioResults.
    OSError
        If the file cannot be written, or is there and no report of ours; no half a
        page is left then.

    See Also
    --------
    sklearn_nn.model_selection.compare_scenarios : The intervals shown.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from sklearn_nn.model_selection import ScenarioResults, ScenarioRun
    >>> from sklearn_nn.scenarios import write_report
    >>> rows = np.arange(100)
    >>> results = ScenarioResults(
    ...     levers={"ngram": {"w": "words", "p": "pairs"}},
    ...     outcomes={},
    ...     codes=["w", "p"],
    ...     excluded={},
    ...     classes=["no", "yes"],
    ...     rows=[rows],
    ...     y=[rows % 2],
    ...     languages=None,
    ...     metric="accuracy",
    ...     runs=[
    ...         ScenarioRun(code="w", split=0, scores={}, predicted=rows % 2),
    ...         ScenarioRun(code="p", split=0, scores={}, predicted=rows // 50),
    ...     ],
    ...     about={"title": "Words or pairs"},
    ... )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_report(results, f"{folder}/report.html")
    ...     page = path.read_text()
    >>> page[:15], "<title>Words or pairs</title>" in page
    ('<!doctype html>', True)
    """
    if not isinstance(results, ScenarioResults):
        raise TypeError(
            f"write_report expects a ScenarioResults, got {type(results).__name__}. "
            "Pass search.results_ or store.results()."
        )
    title = str(title or results.about.get("title") or "Scenario matrix")
    path = Path(path)
    check_replaceable(path, REPORT_MARK, "a report")
    _write(path, _page(title, report_data(results, random_state=random_state)))
    return path


def _page(title: str, data: dict[str, Any]) -> str:
    folder = files("sklearn_nn.scenarios") / "report"
    style = (folder / "page.css").read_text(encoding="utf-8")
    scripts = "\n".join(
        (folder / name).read_text(encoding="utf-8") for name in _SCRIPTS
    )
    script = f'(() => {{\n"use strict";\n{scripts}\n}})();'
    parts = {
        "title": html.escape(title),
        "style": style,
        "style_hash": _hash(style),
        "script": script,
        "script_hash": _hash(script),
        "data": _embed(data),
    }
    page = (folder / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], page)


def _embed(data: dict[str, Any]) -> str:
    r"""JSON that cannot end its script element: ASCII only, "<" as an escape."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _write(path: Path, page: str) -> None:
    """Write beside `path`, then move into place."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(page, encoding="utf-8", newline="\n")
        os.replace(part, path)
    except OSError as error:
        # Of the file that was asked for, not of the one beside it.
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        part.unlink(missing_ok=True)
