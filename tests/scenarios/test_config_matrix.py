import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from sklearn_nn._config import ConfigError
from sklearn_nn.model_selection._tuned import TunedClassifier
from sklearn_nn.scenarios._matrix import load_matrix

GOOD = """
[data]
load = "sklearn_nn.datasets.make_product_listings"
parameters = { n_samples = 60, n_classes = 2, random_state = 0 }
[levers]
cleaning = ["off", "on"]
model = ["multinomial_nb", "linear_svm"]
"""


def load(folder, text):
    path = folder / "matrix.toml"
    path.write_text(text)
    return load_matrix(path)


def change(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


BAD = {
    "no data": ("[levers]\ncleaning = ['on']", r"no table \[data\]"),
    "no levers": ("[data]\npath = 'x.csv'", r"no table \[levers\]"),
    "unknown table": (GOOD + "[splits]\ncv = 3", r"'splits': unknown.*mean 'split'"),
    "empty levers": (GOOD[: GOOD.index("cleaning")], "there are no levers"),
    "load and path": (change("[data]", "[data]\npath = 'x.csv'"), "either load"),
    "unknown key": (change("[data]", "[data]\nmaxrows = 5"), "mean 'max_rows'"),
    "no such set": (change("make_product", "make_prodcut"), "Did you mean '"),
    "set of another package": (change("sklearn_nn.data", "os.data"), "outside of what"),
    "a function that loads nothing": (
        change(
            "sklearn_nn.datasets.make_product_listings", "sklearn.datasets.fetch_file"
        ),
        "loads no data set",
    ),
    "own data home": (change("{ n_samples", "{ data_home = '/', n_samples"), "unknown"),
    "how pandas reads": (
        "[data]\nload = 'sklearn.datasets.fetch_openml'\nparameters = { "
        "read_csv_kwargs = { engine = 'x' } }\n[levers]\ncleaning = ['on']",
        "'read_csv_kwargs': unknown",
    ),
    "parameter of the set": (change("n_classes", "n_class"), "mean 'n_classes'"),
    "max_rows": (change("[levers]", "max_rows = 1\n[levers]"), "'max_rows': give at"),
    "no text column": (change("[levers]", "text = []\n[levers]"), "'text': the list"),
    "seed of the sample": (
        change("[levers]", "max_rows = 20\nseed = -3\n[levers]"),
        r"\[data\], 'seed': -3 is no seed",
    ),
    "path without label": ("[data]\npath = 'x.csv'\n[levers]\na = ['b']", "label = "),
    "lever": (change("cleaning", "cleanin"), r"'cleanin': unknown.*mean 'cleaning'"),
    "outcome": (change('"on"', '"onn"'), r"\[levers.cleaning\], 'onn': .*mean 'on'"),
    "outcome twice": (change('"on"]', '"off"]'), "'off' is there twice"),
    "no outcome": (change('["off", "on"]', "[]"), "'cleaning': there are no outcomes"),
    "outcome of no kind": (change('["off", "on"]', "3"), "expected a list of names"),
    "number for a step": (
        change('["off", "on"]', "{ a = 3 }"),
        "expected a table with",
    ),
    "class": (
        change(
            '["off", "on"]', '{ a = { class = "sklearn_nn.preprocessing.Cleaner" } }'
        ),
        "has no 'Cleaner'. Did you mean 'sklearn_nn.preprocessing.TextCleaner'",
    ),
    "code": (change('["off", "on"]', '{ a = { class = "os.system" } }'), "outside of"),
    "parameter of a lever": (
        change('["off", "on"]', '{ parameter = "x__y", a = 3 }'),
        "sets 'x__y', which the pipeline has not",
    ),
    "two levers, one parameter": (
        GOOD + '[levers.c]\nparameter = "cleaning"\noff = "passthrough"',
        "another lever sets 'cleaning' already",
    ),
    "pipeline without the lever": (
        GOOD + '[pipeline]\nmodel = "knn"',
        "no step 'clean",
    ),
    "pipeline without a classifier": (
        GOOD + '[pipeline]\nmodel = "knn"\ncleaning = "on"',
        "'cleaning': the last step has to be a classifier",
    ),
    "no splits": (GOOD + "[split]\ncv = 1", "'cv': 1 folds leave nothing"),
    "splits as text": (
        GOOD + "[split]\ncv = 'five'",
        "expected a whole number or a tab",
    ),
    "two splits": (
        GOOD + "[split]\ncv = 2\ntest_size = 0.2",
        "give one of cv, test_size",
    ),
    "test size": (GOOD + "[split]\ntest_size = 2", "share between 0 and 1"),
    "scorer": (GOOD + "[run]\nscoring = 'f1-weighted'", "mean 'f1_weighted'"),
    "no scorer": (GOOD + "[run]\nscoring = []", "'scoring': the list is empty"),
    "scorer twice": (
        GOOD + "[run]\nscoring = ['accuracy', 'accuracy']",
        r"\[run\], 'scoring': 'accuracy' is there twice",
    ),
    "negative seed": (GOOD + "[run]\nseed = -1", "'seed': -1 is no seed"),
    "seed too large": (GOOD + "[run]\nseed = 4294967296", "6 is no seed"),
    "seed of the split": (
        GOOD + "[split]\nseed = -1",
        r"\[split\], 'seed': -1 is no seed",
    ),
    "clamp": (
        GOOD + "[levers.sampling]\nx = 'clamp9-2'",
        "'x': clamp9-2: the least number of rows, 9, is above .* Write clamp2-9",
    ),
    "seed": (GOOD + "[run]\nseed = true", "'seed': expected a whole number"),
    "budget": (GOOD + "[run]\nmemory_budget = 'much'", "no amount of memory"),
    "workers": (GOOD + "[run]\nn_jobs = 0", "0 workers"),
    "error score": (GOOD + "[run]\nerror_score = 'stop'", "expected a number"),
    "scenarios": (GOOD + "[run]\nscenarios = 'produkt'", "Did you mean 'product'"),
    "code of a scenario": (
        GOOD + "[run]\nscenarios = ['x']",
        r"'0': 'x' is no scenario",
    ),
    "lever of a scenario": (
        GOOD + "[run]\nscenarios = [{ modle = 'knn' }]",
        "'modle': unknown key. Did you mean 'model'",
    ),
    "outcome of a scenario": (
        GOOD + "[run]\nscenarios = [{ model = ['knn'] }]",
        "'model': no outcome 'knn'. There are: multinomial_nb, linear_svm",
    ),
    "excluded": (GOOD + "[[exclude]]\nmodel = 'knn'", "'model': no outcome 'knn'"),
    "excluded lever": (GOOD + "[[exclude]]\nmodle = 'knn'", "Did you mean 'model'"),
    "excludes all": (
        GOOD + "[[exclude]]\ncleaning = ['on', 'off']",
        "No scenario is left to run",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_errors_name_file_table_key_and_cure(tmp_path, name):
    text, said = BAD[name]
    with pytest.raises(ConfigError, match=said) as caught:
        load(tmp_path, text).plan("columns")
    assert str(caught.value).startswith("matrix.toml: ")


def test_standard_pipeline_has_what_the_rows_need(tmp_path):
    matrix = load(tmp_path, GOOD)
    steps = [name for name, _ in matrix.plan("columns").pipeline.steps]
    assert steps == ["merge", "cleaning", "vectorizer", "model"]
    steps = [name for name, _ in matrix.plan("texts").pipeline.steps]
    assert steps == ["cleaning", "vectorizer", "model"]
    assert matrix.plan("columns").codes == ["0m", "0l", "om", "ol"]


def test_pipeline_in_its_own_order_with_steps_of_its_own(tmp_path):
    text = (
        GOOD
        + """
[levers.scale]
off = "passthrough"
on = { class = "sklearn.preprocessing.MaxAbsScaler" }
[levers.C]
parameter = "model__C"
low = 0.5
high = 2
[pipeline]
cleaning = "html"
merge = { class = "sklearn_nn.preprocessing.TextMerger" }
vectorizer = "count"
scale = "passthrough"
model = "linear_svm"
"""
    )
    plan = load(tmp_path, text).plan("columns")
    names = ["cleaning", "merge", "vectorizer", "scale", "model"]
    assert [name for name, _ in plan.pipeline.steps] == names
    assert not plan.pipeline["cleaning"].strip_punctuation
    # Cleaning comes before the columns are merged, and naive Bayes has no C.
    reasons = {reason.split(":")[0] for reason in plan.excluded.values()}
    assert reasons == {
        "MultinomialNB has no C for C",
        "TextCleaner takes texts, but gets columns",
    }
    assert plan.codes == ["0l0l", "0l0h", "0lol", "0loh"]


def test_search_lever_wraps_the_model(tmp_path):
    text = change('"linear_svm"]\n', '"linear_svm"]\nsearch = ["off", "grid"]\n') + (
        "[run]\nscoring = 'f1_macro'\nseed = 3"
    )
    matrix = load(tmp_path, text)
    plan = matrix.plan("columns")
    model = plan.pipeline[-1]
    assert isinstance(model, TunedClassifier)
    assert (model.scoring, model.random_state) == ("f1_macro", 3)
    assert len(plan.codes) == 8
    rows = matrix.load_rows()
    search = matrix.search(rows, store=None).fit(rows.X, rows.y)
    chosen = search.results_.levers
    assert list(chosen) == ["cleaning", "model__estimator", "model__search"]
    again = matrix.search(rows, store=None).fit(rows.X, rows.y)
    key = "mean_test_score"
    assert np.array_equal(search.cv_results_[key], again.cv_results_[key])


def test_seed_is_set_where_none_is_given(tmp_path):
    text = change('"linear_svm"]', '"linear_svm", "mlp"]') + "[run]\nseed = 11"
    text = text.replace('["off", "on"]', '["off"]\nsampling = ["under"]')
    matrix = load(tmp_path, text)
    outcomes = matrix.levers.outcomes
    assert outcomes["sampling"]["under"].random_state == 11
    assert outcomes["model"]["mlp"].random_state == 11


def test_exclusions_and_their_reasons(tmp_path):
    text = (
        change('["off", "on"]', '["off", "on"]\nsearch = ["off", "grid"]')
        + """
[[exclude]]
model = "linear_svm"
cleaning = ["on"]
reason = "known to be slow"
[[exclude]]
search = "grid"
model = "multinomial_nb"
"""
    )
    plan = load(tmp_path, text).plan("texts")
    assert plan.excluded == {
        "ool": "known to be slow",
        "ogl": "known to be slow",
        "0gm": "excluded: search grid with model multinomial_nb",
        "ogm": "excluded: search grid with model multinomial_nb",
    }


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ("'product'", "0m 0l om ol"),
        ("'one-at-a-time'", "0m om 0l"),
        ("['ol', '0m']", "ol 0m"),
        ("'ol'", "ol"),
        ("['one-at-a-time', { cleaning = 'on' }, 'ol']", "0m om 0l ol"),
        ("[{ model = ['linear_svm', 'multinomial_nb'], cleaning = 'on' }]", "ol om"),
        ("{ model = 'linear_svm' }", "0l"),
    ],
)
def test_scenarios(tmp_path, given, codes):
    matrix = load(tmp_path, GOOD + f"[run]\nscenarios = {given}\n")
    assert matrix.plan("texts").codes == codes.split()


def test_paths_are_relative_to_the_file(tmp_path):
    matrix = load(tmp_path, GOOD + "[run]\nstore = 'runs/a.sqlite'")
    assert matrix.store == tmp_path / "runs" / "a.sqlite"
    assert matrix.report == tmp_path / "matrix.html"
    assert matrix.title == "matrix"


def test_same_as_the_pipeline_by_hand(tmp_path):
    """The TOML file says nothing that the objects would not say."""
    matrix = load(tmp_path, GOOD)
    rows = matrix.load_rows()
    search = matrix.search(rows, store=None).fit(rows.X, rows.y)
    split = search.cv[0]
    steps = matrix.plan(rows.kind).pipeline.steps
    by_hand = Pipeline([step for step in steps if step[1] != "passthrough"])
    by_hand.fit(rows.X[split[0]], rows.y[split[0]])
    predicted = by_hand.predict(rows.X[split[1]])
    run = next(r for r in search.results_.runs if (r.code, r.split) == ("0m", 0))
    assert np.array_equal(np.array(search.results_.classes)[run.predicted], predicted)
