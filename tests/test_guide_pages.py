"""The Python blocks of the user guide run, in order, as a reader would type them."""

import re
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[1] / "docs" / "user_guide"
# These have tests of their own, of their TOML files or of what is printed.
ELSEWHERE = ("command_line.md", "scenarios.md", "scratch.md", "training.md")
PAGES = sorted(path for path in GUIDE.glob("*.md") if path.name not in ELSEWHERE)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_python_blocks_run(page, request, tmp_path, monkeypatch):
    text = page.read_text()
    if "fetch_" in text:
        request.getfixturevalue("data_home")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    namespace: dict = {}
    for block in re.findall(r"^```python\n(.*?)^```", text, flags=re.DOTALL | re.M):
        exec(compile(block, page.name, "exec"), namespace)
