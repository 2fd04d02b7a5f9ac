"""Steps of flows as functions, without Metaflow."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.flows.worlds import new_run, rows

from mimawari.errors import InvalidInputError
from mimawari.flows import stages, training
from mimawari.flows.again import train_again
from mimawari.flows.trained import trained_before


class TimeIsOverError(Exception):
    """What a task would be ended by."""


def train(request: str, *topics: str) -> dict[str, str]:
    return stages.train(request, topics, TimeIsOverError)


def test_a_step_does_its_work_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = new_run(tmp_path)
    request = str(run.request_path)
    assert stages.begin(request) == [["weapons"]]
    assert train(request, "weapons") == {}
    first = trained_before(run, "weapons")
    monkeypatch.setattr(training, "train", None)  # a second training would fail
    assert train(request, "weapons") == {}
    assert trained_before(run, "weapons") == first
    assert stages.trained(request, [{}], []) == {}


def test_a_model_with_a_changed_byte_is_trained_again(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    request = str(run.request_path)
    train(request, "weapons")
    first = trained_before(run, "weapons")
    path = run.model("weapons") / "prices.json"
    path.write_bytes(path.read_bytes() + b" ")
    assert trained_before(run, "weapons") is None
    train(request, "weapons")
    assert trained_before(run, "weapons") == first


def test_what_fails_is_named_and_what_ends_the_task_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = str(new_run(tmp_path, "weapons", "drugs").request_path)
    for error in (TimeIsOverError("late"), OSError(28, "No space left on device")):

        def ends(*_: object, error: Exception = error) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(training, "train", ends)
            with pytest.raises(type(error)):
                train(request, "weapons")

    def breaks(*_: object) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(training, "train", breaks)
    problems = train(request, "weapons", "drugs")
    assert problems["weapons"] == "ValueError: a bug"
    assert "5 positives" in problems["drugs"]


def test_a_topic_that_the_data_set_lacks_is_refused_and_kept_as_the_reason(tmp_path: Path) -> None:
    run = new_run(tmp_path, "weapons", "cash")
    with pytest.raises(InvalidInputError, match="it has weapons, drugs"):
        stages.begin(str(run.request_path))
    [problem] = run.problems()
    assert problem.field == "cash"


def test_other_rows_do_not_make_the_model_again(tmp_path: Path) -> None:
    run = new_run(tmp_path)
    train(str(run.request_path), "weapons")
    changed = rows()
    listing = msgspec.structs.replace(changed[0].listing, title="a sabre, once more")
    changed[0] = msgspec.structs.replace(changed[0], listing=listing)
    with pytest.raises(InvalidInputError, match="learnt from other rows"):
        train_again(run.model("weapons"), changed, tmp_path / "again")
