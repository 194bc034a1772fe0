"""The user guide's page on training: its examples work."""

import doctest
import re
import shutil
from pathlib import Path

GUIDE = Path(__file__).parents[2] / "docs" / "user_guide" / "training.md"


def test_the_examples(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copy(GUIDE, tmp_path)
    tested = doctest.testfile(
        str(tmp_path / GUIDE.name),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert tested.attempted > 15 and tested.failed == 0
    assert len(list(Path("logs").iterdir())) == 5


def test_the_pictures_exist():
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", GUIDE.read_text())
    assert pictures == ["images/learning_rate.png"]
    assert all((GUIDE.parent / picture).is_file() for picture in pictures)
