"""The benchmarks' own promises: splits that share no row, figures that are shown."""

import numpy as np
import pytest
import sklearn
import torch

from benchmarks import _guide_tables, _report, newsgroups, tables
from benchmarks._newsgroups_data import Split, load_split
from benchmarks._text_matrix import TOPICS
from sklearn_nn.datasets import make_product_listings


@pytest.fixture
def listings():
    made = make_product_listings(90, n_classes=3, images=False, random_state=0)
    texts = np.array([title for title, _ in made.data], dtype=object)
    parts = [(texts[i::3], made.target[i::3]) for i in range(3)]
    return Split(*parts, list(made.target_names), "listings")


def test_random_split_is_the_published_one(data_home):
    split = load_split("random")
    assert [len(part[1]) for part in split[:3]] == [15076, 1885, 1885]
    for part in split[:3]:
        shares = np.bincount(part[1]) / len(part[1])
        assert abs(shares - 1 / 20).max() < 0.02


def test_bydate_keeps_its_test_part(data_home):
    split = load_split("bydate", categories=TOPICS)
    whole = load_split("bydate", raw=False, categories=TOPICS)
    assert len(split.test[1]) == len(whole.test[1]) == 1572
    assert not set(split.train[0]) & set(split.test[0])
    assert sum(map(len, whole.test[0])) < sum(map(len, split.test[0]))


def test_readme_shows_the_figures_of_the_results():
    text = tables.README.read_text()
    assert tables.render(text) == text


@pytest.mark.parametrize("page", _guide_tables.PAGES)
def test_guide_shows_the_figures_of_the_results(page):
    text = (tables.GUIDE / f"{page}.md").read_text()
    assert tables.render_page(page, text) == text


def test_recipe_beside_the_network_changes_nothing(listings, tmp_path, monkeypatch):
    monkeypatch.setattr(_report, "RESULTS", tmp_path)
    monkeypatch.setitem(newsgroups.BIGRU, "max_epochs", 2)
    monkeypatch.setitem(newsgroups.MLP, "max_epochs", 2)
    state = torch.get_rng_state()
    with sklearn.config_context(enable_metadata_routing=True):
        alone = newsgroups.run_split(listings, recipe_epochs=0)
        beside = newsgroups.run_split(listings, recipe_epochs=3, save_as="small")
    assert torch.equal(torch.get_rng_state(), state)
    for row, same in zip(alone["rows"], beside["rows"]):
        assert {k: v for k, v in row.items() if not k.endswith("_s")} == {
            k: v for k, v in same.items() if not k.endswith("_s")
        }
    assert len(beside["recipe"]["seconds"]) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["small.json"]
