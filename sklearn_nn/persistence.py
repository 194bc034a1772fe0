"""Save fitted estimators, and load them without running code from the file.

A pickle is a program: whoever loads one runs what its author wrote. The files of
:func:`save` hold numbers, texts and names of classes, and :func:`load` makes objects of
known classes only.
"""

import json
import platform
import warnings
from collections.abc import Sequence
from importlib import metadata
from os import PathLike
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.exceptions import InconsistentVersionWarning

from sklearn_nn._checks import stack_level
from sklearn_nn._persistence.archive import check_inner, read_archive, write_archive
from sklearn_nn._persistence.errors import PersistenceError
from sklearn_nn._persistence.parts import PutBack, TakeOut
from sklearn_nn._persistence.trust import check_loaded, check_parameters, check_types

__all__ = ["PersistenceError", "load", "save"]

_VERSIONS_OF = ("sklearn_nn", "scikit-learn", "torch", "imbalanced-learn", "numpy")


def save(estimator: BaseEstimator, path: str | PathLike) -> None:
    """Save an estimator to a file that :func:`load` reads without running code.

    The file is a zip without compression: scikit-learn's part in the format of skops,
    weights as safetensors, vocabularies and settings as JSON. It is written whole or
    not at all, and replaces a file of that name.

    Parameters
    ----------
    estimator : estimator
        Fitted or not: networks, those with layers of :mod:`sklearn_nn.scratch` too,
        classifiers and text steps of this package, estimators of scikit-learn and
        imbalanced-learn, pipelines of them, and, with `allow` in :func:`load`, classes
        of your own. Of a search, save ``best_estimator_``.
    path : str or path-like
        The file, such as "model.sknn".

    Raises
    ------
    PersistenceError
        If a parameter is code (a function, a callback, an optimiser or a layer of your
        own) or names what a file may not (such as `memory`), or if the state of a class
        is not known. No file is written then.

    See Also
    --------
    load : The way back.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from sklearn_nn.neural_network import MLPClassifier
    >>> from sklearn_nn.persistence import load, save
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier(max_epochs=5, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, Path(folder, "iris.sknn"))
    ...     loaded = load(Path(folder, "iris.sknn"))
    >>> bool((loaded.predict_proba(X) == model.predict_proba(X)).all())
    True
    """
    skops_io = _skops_io()
    path, name = Path(path), type(estimator).__name__
    if not isinstance(estimator, BaseEstimator) or isinstance(estimator, type):
        raise PersistenceError(f"An estimator can be saved, not {estimator!r}.")
    try:
        _refuse_code(estimator)
        take_out = TakeOut(lambda one: check_parameters(one, allow=None))
        outline = take_out(estimator)
        members = {"estimator.skops": skops_io.dumps(outline)}
        check_types(
            skops_io.get_untrusted_types(data=members["estimator.skops"]), allow=None
        )
        members["collections.json"] = _as_json(take_out.collections)
        members["nets.json"] = _as_json([record for record, _ in take_out.nets])
    except PersistenceError as error:
        raise PersistenceError(f"{name} cannot be saved: {error}.") from None
    except Exception as error:
        raise PersistenceError(f"{name} cannot be saved: {error}") from error
    for number, (_, content) in enumerate(take_out.nets):
        members[f"net-{number}.safetensors"] = content
    about = {"class": f"{type(estimator).__module__}.{name}", "versions": versions()}
    write_archive(path, about, members)


def load(path: str | PathLike, *, allow: Sequence[str] = ()) -> Any:
    """Load what :func:`save` has written; no code from the file is run.

    A network is made on this machine: ``device="auto"`` takes a GPU if there is one,
    and a device that is missing is replaced by the CPU. It predicts as it did, goes on
    training where it stopped (`partial_fit`, `warm_start`) and can be saved again.

    Parameters
    ----------
    path : str or path-like
        The file.
    allow : sequence of str, default=()
        What the file may name beyond scikit-learn, imbalanced-learn, XGBoost, LightGBM
        and this package: packages with classes of your own (importing them runs *their*
        code), a pipeline of spaCy in a `Lemmatizer`, the address of a translation
        service, or the name of the variable that holds its key.

    Returns
    -------
    estimator : estimator
        Like the one saved.

    Raises
    ------
    PersistenceError
        If the file is damaged, was tampered with or is no model; if it names a class or
        parameter that is not allowed; if what it holds does not fit together.
    OSError
        If the file cannot be read.

    Warns
    -----
    UserWarning
        If it was saved with other versions of packages, or on a device that is missing.

    Notes
    -----
    That no code is run does not make a file's answers true, and numbers made up to do
    harm may still crash a compiled part of a package. Load files of people you know.

    Examples
    --------
    A class that the file names is imported only if it is allowed:

    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn_nn.persistence import load, save
    >>> from sklearn_nn.svm import TfidfLinearSVC
    >>> model = TfidfLinearSVC().fit(["red car", "green tea"] * 5, ["car", "tea"] * 5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(model, Path(folder, "texts.sknn"))
    ...     loaded = load(Path(folder, "texts.sknn"))
    >>> loaded.predict(["a red one"])
    array(['car'], dtype=...)
    """
    skops_io = _skops_io()
    path = Path(path)
    content = path.read_bytes()
    try:
        manifest, members = read_archive(content)
        check_inner(members["estimator.skops"])
        outline_types = skops_io.get_untrusted_types(data=members["estimator.skops"])
        check_types(outline_types, tuple(allow))
        _compare_versions(path, manifest["versions"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InconsistentVersionWarning)
            outline = skops_io.loads(members["estimator.skops"], trusted=outline_types)
        if not isinstance(outline, BaseEstimator):
            raise PersistenceError("it holds no estimator")
        records = json.loads(members["nets.json"])
        nets = [
            (record, members[f"net-{number}.safetensors"])
            for number, record in enumerate(records)
        ]
        return PutBack(
            nets,
            json.loads(members["collections.json"]),
            lambda value: check_loaded(value, tuple(allow)),
        )(outline)
    except PersistenceError as error:
        raise PersistenceError(f"{path} cannot be loaded: {error}.") from None
    except Warning:
        # Of other versions, where warnings are errors.
        raise
    except Exception as error:
        # What a file made up can go wrong with is without end; all of it is this.
        raise PersistenceError(
            f"{path} cannot be loaded: it is damaged, or not what save() wrote "
            f"({type(error).__name__}: {error})."
        ) from error


def versions() -> dict[str, str]:
    """Return the versions that decide how a model answers.

    Returns
    -------
    versions : dict of str -> str
        Of Python and the packages below the models.
    """
    return {
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in _VERSIONS_OF},
    }


def _skops_io() -> Any:
    try:
        import safetensors  # noqa: F401
        import skops.io
    except ImportError as error:
        raise ImportError(
            "Saving and loading models needs skops and safetensors: "
            "pip install sklearn_nn[persistence]."
        ) from error
    return skops.io


def _as_json(value: Any) -> bytes:
    def plain(number: Any) -> Any:
        return number.item()

    return json.dumps(value, default=plain, separators=(",", ":")).encode()


def _refuse_code(estimator: BaseEstimator) -> None:
    """Name the parameter, which the types in the file do not tell."""
    for name, value in estimator.get_params().items():
        if name.rpartition("__")[2] == "callbacks" and value:
            raise PersistenceError(
                f"'{name}' holds callbacks, which are code, and only data are saved. "
                f"Leave them out: set_params({name}=None)"
            )
        if isinstance(value, FunctionType | MethodType):
            raise PersistenceError(
                f"'{name}' is the function {value.__qualname__}, which is code, and "
                "only data are saved"
            )


def _compare_versions(path: Path, saved_with: dict[str, str]) -> None:
    here = versions()
    other = [
        f"{name} {version} (here {here.get(name, 'none')})"
        for name, version in saved_with.items()
        if here.get(name) != version
    ]
    if other:
        warnings.warn(
            f"{path} was saved with {', '.join(other)}. If its answers differ, or it "
            "fails, install these or fit it again.",
            UserWarning,
            stacklevel=stack_level(),
        )
