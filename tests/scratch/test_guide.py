"""The guide's page on networks in NumPy: its examples work, its quotations are true."""

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

from sklearn_nn import scratch

GUIDE = Path(__file__).parents[2] / "docs" / "user_guide" / "scratch.md"
SOURCES = Path(scratch.__file__).parent
ROWS = [
    [cell.strip() for cell in line.strip("| ").split(" | ")]
    for line in GUIDE.read_text().splitlines()
    if line.startswith("| ")
]
# Left a formula and the file, right its lines.
QUOTED = [
    (file, code)
    for left, right in (row for row in ROWS if len(row) == 2)
    for file in re.findall(r"<br>`(_\w+\.py)`$", left)
    for code in re.findall(r"`(.*?)`", right)
]


def test_the_examples():
    with np.printoptions():
        tested = doctest.testfile(
            str(GUIDE),
            module_relative=False,
            optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
        )
    assert tested.attempted > 90 and tested.failed == 0


@pytest.mark.parametrize("file, code", QUOTED, ids=[code for _, code in QUOTED])
def test_quoted_lines_are_lines_of_the_source(file, code):
    lines = (SOURCES / file).read_text().splitlines()
    assert code in map(str.strip, lines)


def test_there_is_a_line_for_every_formula():
    assert len(QUOTED) >= 25
    assert {file for file, _ in QUOTED} == {
        "_activations.py",
        "_convolution.py",
        "_linear.py",
        "_losses.py",
        "_module.py",
        "_sequential.py",
        "_windows.py",
    }


def test_every_file_has_its_place_in_the_order_of_reading():
    listed = [file for row in ROWS for file in re.findall(r"^`(_\w+\.py)`$", row[0])]
    files = {path.name for path in SOURCES.glob("_*.py")} - {"__init__.py"}
    assert sorted(listed) == sorted(files)


def test_the_pictures_exist():
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", GUIDE.read_text())
    assert len(pictures) == 3
    assert all((GUIDE.parent / picture).is_file() for picture in pictures)
