"""Differences of two versions, against applying them."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from tests.datasets.made import START, labelled, row_lists

from mimawari.datasets.differences import Cause, Change, counts, differences
from mimawari.datasets.rows import LabelledVersion


def values(rows: list[LabelledVersion]) -> dict[tuple[str, int, str], int]:
    """Give the value of every label."""
    return {(*row.key, label.topic): label.value for row in rows for label in row.labels}


@given(row_lists(), row_lists())
def test_applied_to_the_one_they_give_the_other(
    before: list[LabelledVersion], after: list[LabelledVersion]
) -> None:
    known = values(before)
    for one in differences(before, after, START):
        key = one.listing, one.version, one.topic
        assert known.get(key) == one.before
        assert (one.before is None) == (one.change == Change.ADDED)
        assert (one.after is None) == (one.change == Change.DROPPED)
        if one.after is None:
            del known[key]
        else:
            known[key] = one.after
    assert known == values(after)


@given(row_lists())
def test_a_version_differs_from_itself_in_nothing(rows: list[LabelledVersion]) -> None:
    assert list(differences(rows, rows, START)) == []


def test_why() -> None:
    until = START + timedelta(hours=1)
    before = [labelled(1, 1), labelled(2, 1), labelled(3, 0), labelled(4, 0), labelled(5, 0)]
    after = [
        labelled(3, 1, policy=2),
        labelled(4, 1, waited=timedelta(hours=9)),
        labelled(5, 1),
        labelled(6, 1),
        labelled(7, 1, waited=timedelta(minutes=5)),
    ]
    whys = {d.listing: d.why for d in differences(before, after, until, erased={("L2", 1)})}
    assert whys == {
        "L1": Cause.TAKEN_BACK,
        "L2": Cause.ERASED,
        "L3": Cause.OTHER_POLICY,
        "L4": Cause.DECIDED_AGAIN,
        "L5": Cause.OTHER_TERMS,
        "L6": Cause.DECIDED_SINCE,
        "L7": Cause.NOT_KNOWN_YET,
    }
    told = counts(list(differences(before, after, until)))
    assert told["weapons", Change.DROPPED, Cause.TAKEN_BACK] == 2
    assert sum(told.values()) == 7
