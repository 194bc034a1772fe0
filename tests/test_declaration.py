"""The decorator that turns annotated fields into a scikit-learn estimator."""

import inspect
import itertools
import pickle
from collections.abc import Callable
from numbers import Real
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from numpydoc.docscrape import ClassDoc
from sklearn.base import BaseEstimator, clone
from sklearn.utils._param_validation import Interval, InvalidParameterError

from sklearn_nn._declaration import (
    NonNegativeFloat,
    NonNegativeInt,
    OpenFraction,
    PositiveFloat,
    PositiveInt,
    Probability,
    RandomState,
    Verbosity,
    estimator,
)


@estimator
class Base(BaseEstimator):
    """A base.

    Parameters
    ----------
    size : int, default=3
        How large,
        on two lines.
    name : {"a", "b"} or callable, \
            default="a"
        What it is called.

    Attributes
    ----------
    base_ : int
        Found in fit.
    """

    size: PositiveInt = 3
    name: Literal["a", "b"] | Callable = "a"

    def fit(self):
        self._validate_params()
        return self


@estimator
class Child(Base):
    """A child.

    It has a second paragraph.

    Parameters
    ----------
    depth : int, default=1
        Its own.

    Attributes
    ----------
    child_ : int
        Its own, too.

    Examples
    --------
    >>> 1 + 1
    2
    """

    size: PositiveInt = 7
    depth: NonNegativeInt = 1


@estimator
class Rewritten(Base):
    """A child with other words.

    Parameters
    ----------
    name : {"c"}, default="c"
        Words of its own.
    """

    name: Literal["c"] = "c"


@estimator
class Bare(Base):
    """Nothing of its own."""


class Plain(Child):
    """Not declared at all."""


def declared(hint):
    body = {"__annotations__": {"value": hint}, "value": None, "__doc__": "Toy."}
    return estimator(type("Toy", (BaseEstimator,), body | {"__module__": __name__}))


def accepts(hint, value):
    try:
        declared(hint)(value=value)._validate_params()
    except InvalidParameterError as error:
        assert "'value' parameter of Toy" in str(error)
        return False
    return True


def double(x):
    return 2 * x


@pytest.mark.parametrize(
    "hint, good, bad",
    [
        (Literal["x", "y"], ["x", "y"], ["z", 1, None]),
        (Literal[1, 2], [1, 2], [3, "1", None]),
        (Literal["x"] | None, ["x", None], ["y", 0]),
        (bool, [True, False, np.True_], ["yes", 2, None]),
        (int, [-1, 0, np.int64(3)], [1.5, "1", None]),
        (float, [0.5, 1, np.float32(2)], ["1", None]),
        (str, ["", "any"], [1, None]),
        (int | float, [1, 1.5], ["1", None]),
        (int | None, [1, None], [1.5, "1"]),
        (None, [None], [0, False]),
        (dict, [{}, {"a": 1}], [[], None]),
        (list[str] | tuple | None, [["a"], ("a",), None], ["a", {"a"}]),
        (Callable, [double, dict], ["double", None]),
        (Callable[[int], int] | Literal["x"], [double, "x"], ["y", None]),
        (np.ndarray, [np.zeros(2)], [[0, 0], None]),
        (Annotated[float, Interval(Real, 1, 2, closed="left")], [1, 1.9], [2, 0.9]),
        (Annotated[float | None, Interval(Real, 1, 2, closed="left"), None],
         [1.5, None], [2, "1"]),
        (PositiveInt, [1, 10**9], [0, -1, 1.0, None]),
        (NonNegativeInt, [0, 1], [-1, 0.5]),
        (PositiveFloat, [1e-9, 1], [0, -1.0, "1"]),
        (NonNegativeFloat, [0, 0.5], [-1e-9, None]),
        (OpenFraction, [1e-9, 0.5], [0, 1, 1.5]),
        (Probability, [0, 0.999], [1, 1.0, -0.1]),
        (Verbosity, [0, 1, 2, True], [-1, "loud", None]),
        (RandomState, [None, 0, np.random.RandomState(0)], ["seed", 0.5]),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_constraints_from_annotation(hint, good, bad):
    for value in good:
        assert accepts(hint, value), value
    for value in bad:
        assert not accepts(hint, value), value


def test_any_has_no_constraint():
    cls = declared(Any)
    assert cls._parameter_constraints == {}
    cls(value=object())._validate_params()


def test_message_names_the_choices():
    with pytest.raises(InvalidParameterError, match=r"'name' parameter of Base") as e:
        Base(name="z").fit()
    assert all(word in str(e.value) for word in ("'a'", "'b'", "callable", "Got 'z'"))


def test_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        Child(3)
    kinds = {p.kind for p in inspect.signature(Child).parameters.values()}
    assert kinds == {inspect.Parameter.KEYWORD_ONLY}


def test_unknown_parameter():
    with pytest.raises(TypeError, match="sise"):
        Base(sise=3)
    with pytest.raises(ValueError, match="sise"):
        Base().set_params(sise=3)


def test_own_parameters_come_first():
    assert list(inspect.signature(Base).parameters) == ["size", "name"]
    assert list(inspect.signature(Child).parameters) == ["size", "depth", "name"]
    assert list(inspect.signature(Bare).parameters) == ["size", "name"]


def test_parameters_are_stored_as_given():
    value = [3]
    child = Child(size=value, depth="wrong")
    assert child.size is value
    assert vars(child) == {"size": value, "depth": "wrong", "name": "a"}


def test_defaults_are_overridden_downwards_only():
    assert (Base().size, Child().size, Bare().size) == (3, 7, 3)
    assert Base().get_params() == {"size": 3, "name": "a"}
    assert Child().get_params() == {"size": 7, "name": "a", "depth": 1}


def test_constraints_are_inherited_and_overridden():
    with pytest.raises(InvalidParameterError, match="'size' parameter of Child"):
        Child(size=0).fit()
    with pytest.raises(InvalidParameterError, match="'name' parameter of Rewritten"):
        Rewritten(name="a").fit()
    Rewritten(name="c").fit()
    with pytest.raises(InvalidParameterError, match="'name' parameter of Base"):
        Base(name="c").fit()


def test_plain_subclass_inherits_everything():
    assert Plain(depth=5).get_params() == {"size": 7, "name": "a", "depth": 5}
    with pytest.raises(InvalidParameterError, match="'depth' parameter of Plain"):
        Plain(depth=-1).fit()


def entries(cls, section):
    return {e.name: (e.type, " ".join(e.desc)) for e in ClassDoc(cls)[section]}


def test_docstring_is_completed():
    parameters = entries(Child, "Parameters")
    assert list(parameters) == ["size", "depth", "name"]
    assert parameters["depth"] == ("int, default=1", "Its own.")
    assert parameters["size"][1] == "How large, on two lines."
    assert parameters["name"][1] == "What it is called."
    assert list(entries(Child, "Attributes")) == ["child_", "base_"]


def test_overridden_words_win():
    assert entries(Rewritten, "Parameters") == {
        "name": ('{"c"}, default="c"', "Words of its own."),
        "size": ("int, default=3", "How large, on two lines."),
    }
    assert entries(Base, "Parameters")["name"][1] == "What it is called."


def test_docstring_without_sections_gets_them():
    assert list(entries(Bare, "Parameters")) == ["size", "name"]
    assert list(entries(Bare, "Attributes")) == ["base_"]
    assert Bare.__doc__.startswith("Nothing of its own.\n\nParameters\n----------\n")


def test_other_sections_stay():
    assert Child.__doc__.startswith("A child.\n\nIt has a second paragraph.\n\nParam")
    assert Child.__doc__.rstrip().endswith(
        "Examples\n--------\n>>> 1 + 1\n2"
    )  # fmt: skip
    headings = [line for line in Child.__doc__.splitlines() if line.istitle()]
    assert headings == ["Parameters", "Attributes", "Examples"]


def test_clone_set_params_pickle_and_repr():
    child = Child(size=4)
    for copy in (clone(child), pickle.loads(pickle.dumps(child))):
        assert copy.get_params() == child.get_params()
        assert type(copy) is Child
    assert child.set_params(name="b") is child
    assert repr(child) == "Child(name='b', size=4)"


def test_estimators_are_equal_by_identity_and_hashable():
    assert Base() != Base()
    assert len({Base(), Base()}) == 2


def test_type_checkers_are_told():
    told = estimator.__dataclass_transform__
    assert told["kw_only_default"] is True
    assert told["eq_default"] is False
