import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sklearn_nn.model_selection import decode_scenario, scenario_code
from sklearn_nn.model_selection._levers import choose_scenarios, lever_codes

LEVERS = {
    "clean": {"off": "passthrough", "html": 1, "all": 2},
    "sample": {"0": None, "s": 1},
    "C": {"low": 1, "high": 9},
}
NAMES = st.text(min_size=1, max_size=6).filter(str.strip)
OUTCOMES = st.dictionaries(
    NAMES, st.sampled_from(["passthrough", None, 1]), min_size=1, max_size=8
)
MATRICES = st.dictionaries(st.text(min_size=1), OUTCOMES, min_size=1, max_size=4)


@given(levers=MATRICES, data=st.data())
def test_round_trip(levers, data):
    outcomes = {
        lever: data.draw(st.sampled_from(list(names)))
        for lever, names in levers.items()
    }
    code = scenario_code(levers, outcomes)
    assert len(code) == len(levers)
    assert decode_scenario(levers, code) == outcomes


@given(outcomes=OUTCOMES, added=OUTCOMES)
def test_further_outcomes_leave_the_codes_as_they_are(outcomes, added):
    before = lever_codes({"lever": outcomes})["lever"]
    after = lever_codes({"lever": outcomes | {**added, **outcomes}})["lever"]
    assert list(after.items())[: len(before)] == list(before.items())
    assert set(after.values()) == {*outcomes, *added}


def test_codes():
    assert lever_codes(LEVERS) == {
        "clean": {"0": "off", "h": "html", "a": "all"},
        "sample": {"0": "0", "s": "s"},
        "C": {"l": "low", "h": "high"},
    }
    assert scenario_code(LEVERS, {}) == "00l"
    assert scenario_code(LEVERS, {"C": "high", "clean": "all"}) == "a0h"
    clashing = {"x": dict.fromkeys(["aa", "aaa", "A", "ab", "äö", "--"], 1)}
    assert list(lever_codes(clashing)["x"]) == ["a", "A", "0", "b", "1", "2"]
    signs = {"x": {"+": 1, "-": 2}}
    assert scenario_code(signs, {"x": "-"}) == "-"


@pytest.mark.parametrize(
    "code, message",
    [
        ("00", "one character for each of the 3 levers .'clean', 'sample', 'C'"),
        ("00lx", "one character for each"),
        ("", "one character for each"),
        (None, "one character for each"),
        (["0", "0", "l"], "one character for each"),
        ("0xl", r"'x' at place 1 of the code '0xl'.*'sample'; there are 0 \(0\), s"),
    ],
)
def test_codes_that_mean_nothing(code, message):
    with pytest.raises(ValueError, match=message):
        decode_scenario(LEVERS, code)


@pytest.mark.parametrize(
    "outcomes, message",
    [
        ({"cleen": "html"}, "Unknown lever 'cleen'; there are .'clean', 'sample'"),
        ({"clean": "h"}, "'clean' has no outcome 'h'; there are .'off', 'html'"),
    ],
)
def test_outcomes_that_are_unknown(outcomes, message):
    with pytest.raises(ValueError, match=message):
        scenario_code(LEVERS, outcomes)


@pytest.mark.parametrize(
    "levers, message",
    [
        ({}, "give a dict of lever"),
        (None, "give a dict of lever"),
        ({"a": {}}, "outcomes of lever 'a' are {}"),
        ({"a": ["x", "y"]}, "outcomes of lever 'a'.*dict of name"),
        ({"a": {1: 1}}, "outcome name 1 is no text"),
        ({"a": {" ": 1}}, "outcome name ' ' is no text, or empty"),
        ({"a": {"": 1}}, "no text, or empty"),
    ],
)
def test_levers_that_are_none(levers, message):
    with pytest.raises(ValueError, match=message):
        lever_codes(levers)


def test_room_for_62_outcomes():
    alphabet = string.digits + string.ascii_letters
    names = [f"outcome {n}" for n in range(62)]
    codes = lever_codes({"x": dict.fromkeys(names, 1)})["x"]
    assert sorted(codes) == sorted(alphabet)
    with pytest.raises(ValueError, match="63 outcomes; a code has room for 62"):
        lever_codes({"x": dict.fromkeys([*names, "one more"], 1)})


def test_product():
    codes, excluded = choose_scenarios(LEVERS, "product", None)
    assert codes[:4] == ["00l", "00h", "0sl", "0sh"]
    assert len(codes) == len(set(codes)) == 12 and excluded == {}


def test_one_at_a_time():
    codes, _ = choose_scenarios(LEVERS, "one-at-a-time", None)
    assert codes == ["00l", "h0l", "a0l", "0sl", "00h"]
    assert choose_scenarios({"x": {"a": 1}}, "one-at-a-time", None)[0] == ["a"]


def test_listed():
    wanted = ["hsh", {"clean": "all"}, "00l"]
    assert choose_scenarios(LEVERS, wanted, None)[0] == ["hsh", "a0l", "00l"]
    assert choose_scenarios(LEVERS, ("hsh",), None)[0] == ["hsh"]


@pytest.mark.parametrize(
    "scenarios, message",
    [
        ("products", "give 'product', 'one-at-a-time', or a list"),
        (None, "give 'product'"),
        ({"00l"}, "give 'product'"),
        ([], "scenarios is an empty list"),
        (["00l", {}], r"names \['00l'\] more than once"),
        (["0zl"], "'z' at place 1"),
        ([{"clean": "no"}], "no outcome 'no'"),
        ([3], "3 is no scenario"),
    ],
)
def test_scenarios_that_are_none(scenarios, message):
    with pytest.raises(ValueError, match=message):
        choose_scenarios(LEVERS, scenarios, None)


@pytest.mark.parametrize(
    "exclude, reason",
    [
        (lambda o: o["sample"] == "s" and o["clean"] != "off", "excluded"),
        (lambda o: "no!" if o["sample"] == "s" and o["clean"] != "off" else "", "no!"),
        (
            [{"sample": "s", "clean": ["html", "all"]}],
            "sample s with clean html/all",
        ),
        ([{"sample": "s", "clean": ["html", "all"], "reason": "no!"}], "no!"),
        (
            [{"sample": "s", "clean": ["html", "all"], "reason": ""}],
            "sample s with clean html/all",
        ),
    ],
    ids=["predicate", "reason", "list", "list with reason", "empty reason"],
)
def test_exclude(exclude, reason):
    codes, excluded = choose_scenarios(LEVERS, "product", exclude)
    assert excluded == dict.fromkeys(["hsl", "hsh", "asl", "ash"], reason)
    assert len(codes) == 8 and not set(codes) & set(excluded)


def test_the_first_reason_counts():
    exclude = [{"C": "low", "reason": "one"}, {"clean": "all", "reason": "two"}]
    _, excluded = choose_scenarios(LEVERS, "product", exclude)
    assert excluded["a0l"] == "one" and excluded["a0h"] == "two"


@pytest.mark.parametrize(
    "exclude, message",
    [
        ([{"klean": "all"}], "exclude: unknown lever 'klean'"),
        ([{"clean": "every"}], r"'clean' has no outcome \['every'\]; there are"),
        ([{"clean": ["all", "every"]}], r"has no outcome \['every'\]"),
        (lambda outcomes: True, "all 12 wanted ones are excluded"),
        ([{"C": ["low", "high"]}], "all 12 wanted ones are excluded"),
    ],
)
def test_exclusions_that_go_wrong(exclude, message):
    with pytest.raises(ValueError, match=message):
        choose_scenarios(LEVERS, "product", exclude)


def test_an_exclusion_of_nothing_is_refused():
    for exclude in ([{}], [{"reason": "no!"}]):
        with pytest.raises(ValueError, match="names no lever"):
            choose_scenarios(LEVERS, "product", exclude)
