from __future__ import annotations

import pickle

import pytest

from wfm.errors import (
    DataError,
    DataWarning,
    Faults,
    InfeasibleError,
    MissingExtraError,
    NotFittedError,
    Problem,
    WfmError,
    WfmWarning,
    did_you_mean,
)


@pytest.mark.parametrize("kind", [DataError, InfeasibleError, NotFittedError, MissingExtraError])
def test_everything_raised_on_purpose_has_one_base(kind: type[Exception]) -> None:
    assert issubclass(kind, WfmError)


def test_bad_input_is_a_value_error_and_a_missing_extra_an_import_error() -> None:
    assert issubclass(DataError, ValueError)
    assert issubclass(MissingExtraError, ImportError)
    assert issubclass(DataWarning, WfmWarning)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("bad"), "bad"),
        (Problem("bad", where="people.csv"), "people.csv: bad"),
        (Problem("bad", remedy="mend it"), "bad; mend it"),
        (Problem("bad", rows=(3,)), "bad (row 3)"),
        (Problem("bad", rows=(1, 2, 3, 4, 5)), "bad (rows 1, 2, 3, 4, 5)"),
        (Problem("bad", rows=(1, 2, 3, 4, 5, 6)), "bad (rows 1, 2, 3, 4, 5, … (6 in total))"),
        (Problem("bad", "a.csv", "mend it", ("x",)), "a.csv: bad (row x); mend it"),
    ],
)
def test_a_problem_says_what_which_and_what_to_do(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_one_problem_is_the_whole_message() -> None:
    assert str(DataError(Problem("bad"), "a.csv")) == "bad"


def test_several_problems_are_counted_and_headed() -> None:
    problems = (Problem("bad"), Problem("worse"))
    assert str(DataError(problems, "a.csv")) == "2 problems in a.csv:\n  1. bad\n  2. worse"
    assert str(DataError(iter(problems))) == "2 problems:\n  1. bad\n  2. worse"


def test_a_data_error_survives_pickling() -> None:
    error = DataError([Problem("bad", "a.csv", "mend it", (1, 2)), Problem("worse")], "a.csv")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is DataError
    assert (str(again), again.problems, again.subject) == (str(error), error.problems, error.subject)


def test_a_missing_extra_survives_pickling() -> None:
    error = MissingExtraError("jinja2", "report")
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "jinja2 is not installed; run: pip install 'wfm[report]'"


def test_no_fault_raises_nothing() -> None:
    faults = Faults("a.csv")
    assert not faults
    faults.raise_if_any()


def test_faults_are_collected_with_their_place() -> None:
    faults = Faults("a.csv")
    with faults.collecting("row 3"):
        raise DataError([Problem("bad", where="aht"), Problem("worse")])
    with faults.collecting():
        raise DataError(Problem("worst", where="queue"))
    faults.add("last", rows=iter([1]))
    assert faults
    with pytest.raises(DataError) as caught:
        faults.raise_if_any()
    assert [str(problem) for problem in caught.value.problems] == [
        "row 3, aht: bad",
        "row 3: worse",
        "queue: worst",
        "last (row 1)",
    ]
    assert caught.value.subject == "a.csv"


def test_collecting_takes_bad_input_only() -> None:
    faults = Faults()
    with pytest.raises(KeyError), faults.collecting():
        raise KeyError("x")
    assert not faults


@pytest.mark.parametrize(
    ("name", "known", "remedy"),
    [
        ("biling", ["technical", "billing"], "did you mean 'billing'? Known: billing, technical"),
        ("zzz", ["b", "a", "a"], "known: a, b"),
        ("zzz", [], "none is defined"),
    ],
)
def test_did_you_mean(name: str, known: list[str], remedy: str) -> None:
    assert did_you_mean(name, known) == remedy


def test_did_you_mean_shows_twenty_names_at_most() -> None:
    remedy = did_you_mean("zzz", [f"q{number:02d}" for number in range(21)])
    assert remedy.endswith("q18, q19, … (21 in total)")
