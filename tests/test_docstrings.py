"""Docstrings of what is public: complete, as numpydoc and our own rules have it.

The examples themselves are run by ``pytest --doctest-modules``.
"""

import ast
import builtins
import dataclasses
import doctest
import functools
import inspect
import pkgutil
import re
import textwrap
from importlib import import_module
from pathlib import Path

import pytest
from numpydoc.docscrape import ClassDoc, FunctionDoc
from numpydoc.validate import ERROR_MSGS, validate
from sklearn.utils._available_if import _AvailableIfDescriptor

import sklearn_nn

API = Path(__file__).parents[1] / "docs" / "api.md"

# What numpydoc does not hold us to, and why.
OFF = {
    "ES01": "a summary that says it all needs no second paragraph",
    "SA01": "See Also is for what is to be seen, not for every name",
    "RT02": "as scikit-learn does, what is returned may be named: `y : ndarray`",
}
OFF_FOR_METHODS = {"EX01": "the example of a class shows its methods at work"}
# An override need not repeat what a base of ours documents in full.
INHERITED = {"GL08", "PR01", "RT01", "YD01"}

# Beside all networks and their modules, what implements a published method.
FROM_PAPERS = {
    "ensemble.LateFusionClassifier",
    "feature_extraction.text.SequenceVectorizer",
    "inspection.LatentSpaceDisplay",
    "inspection.explain_image",
    "inspection.explain_text",
    "inspection.explanation_agreement",
    "model_selection.TunedClassifier",
    "model_selection.check_training",
    "model_selection.compare_scenarios",
    "model_selection.find_learning_rate",
    "preprocessing.Stemmer",
    "preprocessing.Tokenizer",
    "preprocessing.describe_corpus",
    "preprocessing.detect_language",
    "sampling.SMOTE",
    "scratch.Adam",
    "scratch.BatchNorm",
    "scratch.Dropout",
    "scratch.Linear",
    "scratch.Optimizer",
    "scratch.SGD",
    "svm.TfidfLinearSVC",
}
OWN_INVENTIONS = {"modules.TokenLoss"}

ARRAY = re.compile(r"^\{?(array-like|sparse|ndarray|Tensor\b)")
OF_ANY_SHAPE = re.compile(r"^array-like of (str|them)|of (four |two )?matplotlib")
# A name that says what is measured, and the words one of which says in what.
UNITS = {
    r"(^|_)(time|times|seconds|patience|timeout|wait|backoff|delay)_?$": "second",
    r"(^|_)(budget|bytes)$": "byte",
    r"^(rotation|angle)s?$": "degree",
}


def listed():
    """Path and object of every name of the API page, as `modules.MLP`."""
    found = {}
    blocks = re.findall(r"```\{eval-rst\}\n(.*?)```", API.read_text(), flags=re.S)
    for block in blocks:
        module = re.search(r"currentmodule:: (\S+)", block)[1]
        for name in re.findall(r"^   (\w+)$", block, flags=re.M):
            path = f"{module}.{name}".removeprefix("sklearn_nn.")
            found[path] = getattr(import_module(module), name)
    return found


def bare(member):
    """The function behind a property, a class method or a decorator."""
    if isinstance(member, property):
        member = member.fget
    elif isinstance(member, functools.cached_property):
        member = member.func
    elif isinstance(member, classmethod | staticmethod):
        member = member.__func__
    elif isinstance(member, _AvailableIfDescriptor):
        member = member.fn
    return inspect.unwrap(member) if callable(member) else member


def own_bases(cls):
    return [base for base in cls.__mro__ if base.__module__.startswith("sklearn_nn")]


def methods(cls):
    """Each public method of a class and the base of ours that defines it."""
    for base in own_bases(cls):
        for name, member in vars(base).items():
            if name.startswith("_") or not inspect.isfunction(bare(member)):
                continue
            is_ours = bare(member).__module__.startswith("sklearn_nn")
            if is_ours and inspect.getattr_static(cls, name) is member:
                yield name, base


THINGS = listed()
# Each method once, by the first class that has it, with the class that defines it.
METHODS = {
    (base, name): f"{path}.{name}"
    for path, thing in reversed(THINGS.items())
    if inspect.isclass(thing)
    for name, base in methods(thing)
}
METHODS = {path: key for key, path in METHODS.items()}
every_thing = pytest.mark.parametrize("path", sorted(THINGS))
everything = pytest.mark.parametrize("path", sorted(THINGS | METHODS))


def sections(path):
    """What numpydoc reads in a docstring."""
    if path in METHODS:
        base, name = METHODS[path]
        return FunctionDoc(bare(vars(base)[name]))
    if inspect.isclass(THINGS[path]):
        # Or else numpydoc lists class attributes where a section is missing.
        return ClassDoc(THINGS[path], config={"show_class_members": False})
    return FunctionDoc(THINGS[path])


def numpydoc_errors(name):
    return [error for error in validate(name)["errors"] if error[0] not in OFF]


def errors(path):
    found = numpydoc_errors(f"sklearn_nn.{path}")
    if path in METHODS:
        known_above = {c for above in overridden(path) for c in known(above, path)}
        forgiven = known_above | OFF_FOR_METHODS.keys()
        if says_what_a_function_does(path):
            forgiven |= INHERITED
    else:
        forgiven = {"PR01"} if fields_are_attributes(path) else set()
    return [error for error in found if error[0] not in forgiven]


def overridden(path):
    """The base classes of ours that define the same method."""
    base, name = METHODS[path]
    return [above for above in own_bases(base)[1:] if name in vars(above)]


def known(above, path):
    """What a base class documents for the method of a subclass, as codes."""
    base, name = METHODS[path]
    here, there = (bare(vars(cls)[name]) for cls in (base, above))
    if list(inspect.signature(here).parameters) != list(
        inspect.signature(there).parameters
    ):
        return set()
    missing = numpydoc_errors(f"{above.__module__}.{above.__qualname__}.{name}")
    return INHERITED - {code for code, _ in missing}


def says_what_a_function_does(path):
    """Whether a method refers to a public function of its name, which tells all."""
    package, _, name = path.rsplit(".", 2)
    summary = " ".join(sections(path)["Summary"])
    return f"{package}.{name}" in THINGS and f":func:`{name}`" in summary


def fields_are_attributes(path):
    """Whether users get the object rather than make it, so that its fields are told."""
    cls = THINGS[path]
    if not dataclasses.is_dataclass(cls):
        return False
    told = {n for entry in sections(path)["Attributes"] for n in entry.name.split(", ")}
    fields = {field.name for field in dataclasses.fields(cls)}
    return {name for name in fields if not name.startswith("_")} <= told


def entries(path, *names):
    doc = sections(path)
    for name in names:
        for entry in doc[name]:
            yield entry, f"{entry.type} {' '.join(entry.desc)}"


def test_every_public_name_is_on_the_api_page():
    missing = []
    for module in pkgutil.walk_packages(sklearn_nn.__path__, "sklearn_nn."):
        if any(part.startswith("_") for part in module.name.split(".")):
            continue
        public = import_module(module.name)
        for name in getattr(public, "__all__", ()):
            thing = getattr(public, name)
            if not inspect.ismodule(thing) and thing not in THINGS.values():
                missing.append(f"{module.name}.{name}")
    assert not missing


def test_what_is_switched_off_exists():
    codes = {*OFF, *OFF_FOR_METHODS, *INHERITED}
    assert codes <= ERROR_MSGS.keys()
    assert FROM_PAPERS | OWN_INVENTIONS <= THINGS.keys()


@everything
def test_numpydoc_finds_nothing_to_mend(path):
    assert errors(path) == []


@every_thing
def test_example_runs_and_shows_something(path):
    thing = THINGS[path]
    parsed = doctest.DocTestParser().get_examples("\n".join(sections(path)["Examples"]))
    says_nothing = path.startswith("utils.estimator_checks.")  # a check that passes
    assert says_nothing or any(example.want for example in parsed)
    assert not any(doctest.SKIP in example.options for example in parsed)
    # Or else pytest does not collect it.
    assert thing.__module__.startswith("sklearn_nn.")
    found = doctest.DocTestFinder(recurse=False).find(thing, path)
    assert found[0].examples


@everything
def test_shapes_of_arrays_are_documented(path):
    told = entries(path, "Parameters", "Returns", "Yields", "Attributes")
    for entry, text in told:
        if ARRAY.search(entry.type) and not OF_ANY_SHAPE.search(entry.type):
            assert re.search(r"shape|scalar|same number", text), f"{entry.name}: {text}"


@everything
def test_units_are_documented(path):
    for entry, text in entries(path, "Parameters", "Returns", "Attributes"):
        for name in entry.name.split(", "):
            for pattern, unit in UNITS.items():
                if re.search(pattern, name):
                    assert unit in text.lower(), f"{name}: {text}"


def raised(function):
    """Classes of the errors that a function raises itself."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and node.exc is not None:
            cls = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            yield look_up(ast.unparse(cls), function)


def look_up(name, function):
    found = function.__globals__.get(name, getattr(builtins, name, None))
    return found if inspect.isclass(found) else None


@everything
def test_errors_are_documented(path):
    if path in METHODS:
        base, name = METHODS[path]
        functions = [bare(vars(base)[name])]
        documented = [
            FunctionDoc(bare(vars(c)[name])) for c in (base, *overridden(path))
        ]
        documented += [
            ClassDoc(cls, config={"show_class_members": False})
            for cls in own_bases(base)
        ]
    else:
        thing = THINGS[path]
        makers = ["__init__", "__post_init__"]
        if dataclasses.is_dataclass(thing):
            makers.remove("__init__")  # generated, without a source
        if inspect.isclass(thing):
            bases = own_bases(thing)
            functions = [
                vars(c)[name] for c in bases for name in makers if name in vars(c)
            ]
        else:
            functions = [bare(thing)]
        documented = [sections(path)]
    names = {n for doc in documented for e in doc["Raises"] for n in e.type.split(", ")}
    for function in functions:
        told = tuple(filter(None, (look_up(name, function) for name in names)))
        for cls in filter(None, raised(function)):
            assert issubclass(cls, told), f"{cls.__name__} is not documented"


NETWORKS = {path for path in THINGS if path.startswith(("neural_network.", "modules."))}


@pytest.mark.parametrize("path", sorted((NETWORKS | FROM_PAPERS) - OWN_INVENTIONS))
def test_source_paper_is_named(path):
    assert re.search(r"\b(19|20)\d\d\b", "\n".join(sections(path)["References"]))
