"""The guide's page on the command line, and the configurations that come with it."""

import re
from pathlib import Path

import pytest

from sklearn_nn._cli.experiment import (
    FIND_LR_KEYS,
    OUTPUT_KEYS,
    TABLES,
    TRAIN_KEYS,
    load_experiment,
)
from sklearn_nn._cli.parts import KEYS as SPLIT_KEYS
from sklearn_nn.scenarios._data import KEYS as DATA_KEYS

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "user_guide" / "command_line.md"
FILES = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)
CONFIGS = sorted((ROOT / "benchmarks" / "configs").glob("*.toml"))


def test_the_file(tmp_path):
    path = tmp_path / "newsgroups.toml"
    path.write_text(FILES[0])
    experiment = load_experiment(path)
    assert list(experiment.pipeline.named_steps) == ["ids", "network"]
    assert len(experiment.search().param_grid["network__lr"]) == 3
    assert experiment.folder == tmp_path / "newsgroups_bigru"


def test_the_ranges(tmp_path):
    path = tmp_path / "newsgroups.toml"
    path.write_text(FILES[0].split("[search]")[0] + FILES[1])
    drawn = load_experiment(path).search().param_distributions["network__lr"].rvs(9)
    assert ((1e-4 <= drawn) & (drawn <= 1e-2)).all()


def test_the_layers(tmp_path):
    path = tmp_path / "layers.toml"
    before, after = FILES[2].split("[search.param_grid]")
    search = '[search]\nclass = "sklearn.model_selection.GridSearchCV"\n'
    path.write_text(
        FILES[0].split("[model.network]")[0]
        + f"{before}{search}[search.param_grid]{after}"
    )
    experiment = load_experiment(path)
    assert len(experiment.pipeline["network"].layers) == 3
    assert len(experiment.search().param_grid["network__layers__1"]) == 2


def test_the_table_of_keys_is_complete():
    text = GUIDE.read_text()
    keys = {*SPLIT_KEYS, *TRAIN_KEYS, *FIND_LR_KEYS, *OUTPUT_KEYS}
    keys |= {*DATA_KEYS["load"], *DATA_KEYS["path"]}
    assert [key for key in sorted(keys) if f"`{key}" not in text] == []
    assert [name for name in TABLES if name not in text] == []


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_the_configurations(path):
    experiment = load_experiment(path)
    assert experiment.search().estimator is experiment.pipeline
    assert experiment.folder == path.parent / path.stem
