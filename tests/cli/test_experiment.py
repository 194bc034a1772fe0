"""What may stand in the file, and what is said of mistakes in it."""

import pytest
from sklearn.model_selection import StratifiedGroupKFold

from sklearn_nn import persistence
from sklearn_nn._cli.experiment import load_experiment
from sklearn_nn._cli.search import keep_groups_together
from sklearn_nn._config import ConfigError
from tests.cli.configs import IRIS, LISTINGS, SEARCH, read, run, write

BOTH = IRIS + SEARCH
NET = 'class = "sklearn_nn.neural_network.MLPClassifier"'
GRID = 'class = "sklearn.model_selection.GridSearchCV"'


def changed(before, after, text=BOTH):
    assert before in text
    return text.replace(before, after)


WRONG = {
    "no TOML": (BOTH + "=", "is no TOML"),
    "unknown table": (BOTH + "[modle]\n", "'modle': unknown key. Did you mean 'model'"),
    "no data": ("[model.a]\nclass = 'b'", "there is no table [data]"),
    "no model": (IRIS.split("[model")[0], "there is no table [model]"),
    "array": (
        IRIS.split("[model")[0] + "[[model]]\nname = 'a'\n",
        "expected steps in their order: [model.NAME]",
    ),
    "loader": (changed("load_iris", "load_iriss"), "has no 'load_iriss'. Did you mean"),
    "code": (changed('"sklearn.datasets.load_iris"', '"os.getcwd"'), "outside of what"),
    "class": (changed(NET, 'class = "os.Popen"'), "[model.network], 'class': os.Popen"),
    "no class": (changed(NET, ""), "expected a table with class"),
    "parameter": (
        changed("max_epochs", "max_epoch"),
        "[model.network], 'max_epoch': MLPClassifier has no such parameter. Did you",
    ),
    "value": (changed("lr = 0.03", "lr = -1.0"), "[model], 'network': MLPClassifier: "),
    "callbacks": (
        changed("lr = 0.03", 'callbacks = ["x"]\noptimizer = "mine"'),
        "The 'optimizer' parameter of MLPClassifier must be",
    ),
    "double underscore": (changed("model.scaler", "model.a__b"), "no '__' in it"),
    "last step": (
        changed(
            NET, 'class = "sklearn.preprocessing.MinMaxScaler"', IRIS.split("hid")[0]
        ),
        "[model], 'network': the last step has to be a classifier or a regressor",
    ),
    "nothing that predicts": (
        changed("[model.network]", "[old]", IRIS).split("[old]")[0]
        + '[model]\nnothing = "passthrough"\n',
        "[model], 'nothing': the last step has to be a classifier or a regressor",
    ),
    "a layer for a step": (
        changed(
            NET,
            'class = "sklearn_nn.scratch.Linear"',
            IRIS.split("hidden")[0],
        ),
        "[model], 'network': expected a table with class = 'package.Class', or",
    ),
    "inner step": (
        changed("preprocessing.StandardScaler", "svm.LinearSVC"),
        "'scaler': LinearSVC is no transformer and no sampler",
    ),
    "two splits": (
        changed("test_size = 0.2", "test_size = 0.2\nofficial = true"),
        "'split': give test_size or official, not both",
    ),
    "test size": (changed("test_size = 0.2", "test_size = 2"), "a share between 0 and"),
    "validation size": (
        changed("test_size = 0.2", "validation_size = 1.0"),
        "[split], 'validation_size': give a share between 0 and 1, such as 0.2 (or 0",
    ),
    "seed": (changed("seed = 1", "seed = -1"), "-1 is no seed"),
    "scorer": (
        BOTH + '[train]\nscoring = ["acuracy"]',
        "[train], 'scoring': no scorer 'acuracy'. Did you mean 'accuracy'?",
    ),
    "train key": (BOTH + "[train]\nepochs = 3", "[train], 'epochs': unknown key"),
    "too deep": ("a = " + "[" * 5000, "is no TOML"),
    "find_lr value": (
        changed("n_steps = 24", 'n_steps = "many"'),
        "[find_lr], 'n_steps': expected a whole number",
    ),
    "find_lr key": (changed("n_steps", "n_step"), "[find_lr], 'n_step': unknown key"),
    "output": (BOTH + "[output]\nfolder = 3", "[output], 'folder': expected a text"),
    "no search class": (changed(GRID, ""), "'search': name a search: class ="),
    "no search": (changed(GRID, NET), "[search], 'class': sklearn_nn.neural_network"),
    "searched estimator": (
        changed("cv = 2", "cv = 2\nestimator = 3"),
        "[search], 'estimator': leave it out",
    ),
    "refit": (changed("cv = 2", "refit = false"), "[search], 'refit': the best"),
    "search parameter": (changed("cv = 2", "cvv = 2"), "GridSearchCV has no such"),
    "grid key": (
        changed("network__hidden_layer_sizes", "network__hiden"),
        "[search.param_grid], 'network__hiden': the pipeline has no such par",
    ),
    "grid value": (changed("[[4], [5, 5]]", "4"), "expected a list of values, or a"),
    "empty grid": (BOTH.split("network__hid")[0], "expected a table of step__param"),
    "no grid": (BOTH.split("[search.par")[0], "there is nothing to try"),
    "range in a grid": (
        changed(
            "[[4], [5, 5]]",
            "{ class = 'sklearn_nn.model_selection.IntRange', low = 1, high = 2 }",
        ),
        "GridSearchCV tries lists of values, not ranges",
    ),
    "range": (
        changed(
            "[[4], [5, 5]]",
            "{ class = 'sklearn_nn.model_selection.LogRange', low = 0, high = 2 }",
        ),
        "'network__hidden_layer_sizes': LogRange: ",
    ),
    "denied in a grid": (
        changed(
            "scaler = [",
            'scaler = [{ class = "sklearn.pipeline.Pipeline", '
            'steps = [], memory = "x" }, ',
        ),
        "'memory': 'x' is refused",
    ),
    "denied parameter in a grid": (
        LISTINGS + SEARCH.split("network")[0] + 'words__input = ["filename"]',
        "'words__input': 'filename' is refused",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_mistakes(name, tmp_path, capsys):
    text, said = WRONG[name]
    with pytest.raises(ConfigError) as error:
        load_experiment(write(tmp_path, text))
    assert said in str(error.value) and "small.toml" in str(error.value)
    code, _, heard = run(capsys, "search", tmp_path / "small.toml")
    assert code == 2 and f"error: {error.value}" in heard
    assert [one.name for one in tmp_path.iterdir()] == ["small.toml"]


def test_steps_seeds_and_tuples(tmp_path):
    path = write(tmp_path, LISTINGS + "[train]\nseed = 7\n")
    experiment = load_experiment(path)
    pipeline = experiment.pipeline
    assert type(pipeline).__module__.startswith("imblearn.")
    assert list(pipeline.named_steps) == ["merge", "clean", "balance", "words", "svm"]
    assert pipeline["svm"].random_state == pipeline["balance"].random_state == 7
    assert pipeline["words"].ngram_range == (1, 2)
    assert experiment.folder == tmp_path / "small_results"
    assert type(load_experiment(write(tmp_path, IRIS)).pipeline).__module__ == (
        "sklearn.pipeline"
    )


LOG = 'class = "sklearn_nn.model_selection.LogRange", low = 1e-3, high = 0.1'
KINDS = {
    "RandomizedSearchCV": (
        f"sklearn.model_selection.RandomizedSearchCV\nn_iter = 2\n[search.param_"
        f"distributions]\nsvm__C = {{ {LOG} }}\nwords__ngram_range = [[1, 1], [1, 2]]"
    ),
    "BayesSearchCV": (
        f"skopt.BayesSearchCV\nn_iter = 2\n[search.search_spaces]\nsvm__C = {{ {LOG} }}"
    ),
    "PrefixGridSearchCV": (
        "sklearn_nn.model_selection.PrefixGridSearchCV\n[search.param_grid]\n"
        "svm__C = [0.1, 1.0]"
    ),
    "two grids": (
        "sklearn.model_selection.GridSearchCV\n[[search.param_grid]]\nsvm__C = [0.1]\n"
        "[[search.param_grid]]\nclean = [{ class = 'sklearn_nn.preprocessing."
        "TextCleaner' }]"
    ),
    "ScenarioSearchCV": (
        "sklearn_nn.model_selection.ScenarioSearchCV\n[search.levers.clean]\n"
        "off = 'passthrough'\non = { class = 'sklearn_nn.preprocessing.TextCleaner' }"
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_searches(name, tmp_path, capsys):
    first, _, rest = KINDS[name].partition("\n")
    text = f'{LISTINGS}[search]\nclass = "{first}"\ncv = 2\n{rest}\n'
    path = write(tmp_path, text)
    code, said, _ = run(capsys, "search", path, "--quiet")
    assert code == 0 and "best of 2" in said
    table = read(tmp_path / "small_results" / "cv_results.json")
    assert len(table["candidates"]) == 2
    assert run(capsys, "evaluate", path)[0] == 0


LAYERS = (
    IRIS[: IRIS.index(NET)]
    + """class = "sklearn_nn.scratch.SequentialClassifier"
lr = 0.05
max_epochs = 30
layers = [
    { class = "sklearn_nn.scratch.Linear", out_features = 8 },
    { class = "sklearn_nn.scratch.ReLU" },
    { class = "sklearn_nn.scratch.Linear" },
]
[search]
class = "sklearn.model_selection.GridSearchCV"
cv = 2
[search.param_grid]
network__layers__0__out_features = [1, 6]
network__layers__1 = [{ class = "sklearn_nn.scratch.Tanh" }]
"""
)


def test_layers(tmp_path, capsys):
    path = write(tmp_path, LAYERS)
    for command in ("search", "evaluate"):
        code, _, said = run(capsys, command, path, "--quiet")
        assert code == 0, said
    folder = tmp_path / "small_results"
    assert read(folder / "test_metrics.json")["test"]["accuracy"] > 0.8
    linear, tanh, _ = persistence.load(folder / "model.sknn")["network"].layers
    assert (linear.out_features, repr(tanh)) == (6, "Tanh()")


def test_search_without_its_table(tmp_path, capsys):
    code, _, said = run(capsys, "search", write(tmp_path, IRIS))
    assert code == 2 and "small.toml: there is no table [search]." in said
    assert [one.name for one in tmp_path.iterdir()] == ["small.toml"]


def test_groups_stay_together_in_a_search(tmp_path):
    search = load_experiment(write(tmp_path, BOTH)).search()
    keep_groups_together(search, 3)
    assert isinstance(search.cv, StratifiedGroupKFold) and search.cv.n_splits == 2
    given = search.cv
    keep_groups_together(search, 4)
    assert search.cv is given


@pytest.mark.parametrize("command", ["train", "search", "find-lr", "evaluate"])
def test_no_file(command, tmp_path, capsys):
    code, _, said = run(capsys, command, tmp_path / "nowhere.toml")
    assert code == 2 and "cannot be read" in said


def test_the_folder_is_a_file(tmp_path, capsys):
    path = write(tmp_path, IRIS)
    code, _, said = run(capsys, "train", path, "--output", path)
    assert code == 2 and "is a file: name a folder" in said


def test_a_result_in_the_place_of_the_file(tmp_path, capsys):
    path = write(tmp_path, IRIS, "metrics.json")
    words = ["train", path, "--output", tmp_path, "--force"]
    code, _, said = run(capsys, *words)
    assert code == 2 and "is in the way" in said and path.read_text() == IRIS


def test_a_failing_fit(tmp_path, capsys):
    text = changed("load_iris", "load_diabetes", IRIS)
    code, _, said = run(capsys, "train", write(tmp_path, text))
    assert code == 2 and "y holds no classes" in said
    text = changed(
        '"sklearn.preprocessing.StandardScaler"',
        '"sklearn.feature_extraction.text.CountVectorizer"',
        IRIS,
    )
    code, _, said = run(capsys, "train", write(tmp_path, text))
    assert code == 2 and "error: fit failed: " in said
    assert list((tmp_path / "small_results").iterdir()) == []


def test_a_model_that_cannot_be_saved(tmp_path, capsys):
    text = IRIS.split("[model.network]")[0]
    text += "[model.trees]\nclass = 'sklearn.ensemble.HistGradientBoostingClassifier'\n"
    code, out, said = run(capsys, "train", write(tmp_path, text))
    assert code == 1 and "cannot be saved" in said and "accuracy" in out
    folder = tmp_path / "small_results"
    assert read(folder / "metrics.json")["model_sha256"] is None
    assert not (folder / "model.sknn").exists()
    code, _, said = run(capsys, "evaluate", tmp_path / "small.toml")
    assert code == 2 and "Train one first: python -m sklearn_nn train" in said


def test_results_below_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = write(tmp_path, IRIS + '[output]\nfolder = "~/runs"\n')
    assert load_experiment(path).folder == tmp_path / "home" / "runs"


def test_without_the_packages_for_saving(tmp_path, capsys, monkeypatch):
    path, skops_io = write(tmp_path, IRIS), persistence._skops_io

    def missing():
        raise ImportError("pip install sklearn_nn[persistence]")

    monkeypatch.setattr(persistence, "_skops_io", missing)
    code, out, said = run(capsys, "train", path, "--quiet")
    assert code == 1 and "pip install" in said and "accuracy" in out
    monkeypatch.setattr(persistence, "_skops_io", skops_io)
    assert run(capsys, "train", path, "--quiet", "--force")[0] == 0
    monkeypatch.setattr(persistence, "_skops_io", missing)
    code, _, said = run(capsys, "evaluate", path)
    assert (
        code == 2
        and said.splitlines()[-1] == "error: pip install sklearn_nn[persistence]"
    )


def test_scores_that_cannot_be_computed(tmp_path, capsys):
    """The training was long: the model and the other scores are there."""
    text = IRIS + '[train]\nscoring = ["r2", "neg_log_loss"]\n'
    code, out, said = run(capsys, "train", write(tmp_path, text), "--quiet")
    assert code == 0 and "r2 cannot be computed: could not convert" in said
    assert (tmp_path / "small_results" / "model.sknn").exists()
    scores = read(tmp_path / "small_results" / "metrics.json")["validation"]
    assert scores["r2"] is None and scores["neg_log_loss"] < 0


def test_rows_that_cannot_be_predicted(tmp_path, capsys):
    (tmp_path / "rows.csv").write_text(
        "text,kind\n" + "".join(f"text {i},{'ab'[i % 2]}\n" for i in range(60))
    )
    path = write(
        tmp_path,
        '[data]\npath = "rows.csv"\ntext = "text"\nlabel = "kind"\n'
        "[model]\nstep = { class = 'tests.cli.configs.Forgetful' }\n"
        "bayes = { class = 'sklearn.naive_bayes.GaussianNB' }\n",
    )
    code, _, said = run(capsys, "train", path, "--allow", "tests")
    assert code == 2 and "scoring failed: KeyError" in said
    assert (tmp_path / "small_results" / "model.sknn").exists()


def test_find_lr_of_what_is_no_network(tmp_path, capsys):
    code, _, said = run(capsys, "find-lr", write(tmp_path, LISTINGS))
    assert code == 2 and "find-lr failed: " in said


@pytest.fixture
def trained(tmp_path, capsys):
    path = write(tmp_path, IRIS)
    assert run(capsys, "train", path, "--quiet")[0] == 0
    return path, tmp_path / "small_results"


@pytest.mark.parametrize(
    "before, after", [("seed = 1", "seed = 2"), ("load_iris", "load_wine")]
)
def test_evaluate_knows_the_rows(trained, capsys, before, after):
    path, _ = trained
    write(path.parent, changed(before, after, IRIS))
    code, _, said = run(capsys, "evaluate", path)
    assert code == 2 and "rows it has seen may be among the test rows" in said
    # What does not touch the rows may change.
    write(path.parent, changed('"Iris"', '"Flowers"', IRIS))
    assert run(capsys, "evaluate", path)[0] == 0


def test_evaluate_notices_changed_data(tmp_path, capsys):
    rows = [f"word{i % 3} text,{'abc'[i % 3]}\n" for i in range(60)]
    (tmp_path / "rows.csv").write_text("text,kind\n" + "".join(rows))
    path = write(
        tmp_path,
        '[data]\npath = "rows.csv"\ntext = "text"\nlabel = "kind"\n[model]\n'
        'svm = { class = "sklearn_nn.svm.TfidfLinearSVC" }\n',
    )
    assert run(capsys, "train", path)[0] == 0
    (tmp_path / "rows.csv").write_text("text,kind\n" + "".join(rows[::-1]))
    code, _, said = run(capsys, "evaluate", path)
    assert code == 2 and "the data have changed since" in said


def test_evaluate_and_damaged_files(trained, capsys):
    path, folder = trained
    model, metrics = folder / "model.sknn", folder / "metrics.json"
    content, told = model.read_bytes(), metrics.read_text()
    model.write_bytes(content[:-9])
    code, _, said = run(capsys, "evaluate", path)
    assert code == 2 and "tells of another model" in said
    model.write_bytes(content)
    metrics.write_text(told[:-9])
    code, _, said = run(capsys, "evaluate", path)
    assert code == 2 and "is damaged. Train again" in said
    metrics.write_text("[]")
    assert run(capsys, "evaluate", path)[0] == 2
    metrics.unlink()
    code, _, said = run(capsys, "evaluate", path)
    assert code == 2 and f"there is no {metrics}. Train again" in said
    metrics.write_text(told)
    assert run(capsys, "evaluate", path)[0] == 0


def test_steps_of_ones_own_need_a_word(tmp_path, capsys):
    text = LISTINGS.replace(
        'clean = "passthrough"', "clean = { class = 'tests.scenarios.steps.Upper' }"
    )
    code, _, said = run(capsys, "train", write(tmp_path, text))
    assert code == 2 and "--allow tests on the command line" in said
