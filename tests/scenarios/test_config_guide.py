"""The user guide's page on scenarios: its files and its examples work."""

import doctest
import re
import shutil
from pathlib import Path

from sklearn_nn.scenarios import load_matrix
from sklearn_nn.scenarios._catalogue import STEPS
from sklearn_nn.scenarios._data import KEYS as DATA_KEYS
from sklearn_nn.scenarios._matrix import RUN_KEYS
from sklearn_nn.scenarios._splits import KEYS as SPLIT_KEYS

GUIDE = Path(__file__).parents[2] / "docs" / "user_guide" / "scenarios.md"
FILES = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)


def test_the_ladder_is_a_valid_matrix(tmp_path):
    path = tmp_path / "listings.toml"
    path.write_text(FILES[0])
    plan = load_matrix(path).plan("columns")
    assert len(plan.codes) == 1 + 15 + 2 + 1
    reasons = " ".join(plan.excluded.values())
    assert "BiGRUClassifier takes token ids, but gets vectors" in reasons


def test_the_tables_are_valid(tmp_path):
    path = tmp_path / "more.toml"
    ladder = re.sub(r"vectorizer = .*|search = .*", "", FILES[0]).split("[run]")[0]
    path.write_text(ladder + FILES[1] + "[run]\nscenarios = 'one-at-a-time'")
    plan = load_matrix(path).plan("columns")
    assert plan.pipeline["vectorizer"].get_params()["analyzer"] == "word"
    assert len(plan.codes) > 5


def test_the_table_of_keys_is_complete():
    text = GUIDE.read_text()
    keys = {*RUN_KEYS, *SPLIT_KEYS, *DATA_KEYS["load"], *DATA_KEYS["path"]}
    assert [key for key in sorted(keys) if f"`{key}" not in text] == []
    order = re.search(r"standard order of the steps is ([^.]*)\.", text)[1]
    names = [name.strip().replace(" ", "_") for name in order.split(",")]
    assert names == STEPS


def test_the_examples(tmp_path, monkeypatch):
    (tmp_path / "listings.toml").write_text(FILES[0])
    monkeypatch.chdir(tmp_path)
    shutil.copy(GUIDE, tmp_path)
    tested = doctest.testfile(
        str(tmp_path / GUIDE.name),
        module_relative=False,
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS,
    )
    assert tested.attempted > 10 and tested.failed == 0
