"""Each check: rows that pass, and rows that it names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.datasets.made import labelled

from mimawari.datasets.card import Beside, Card, LabelOrigin, describe
from mimawari.datasets.checks.limits import Limits
from mimawari.datasets.checks.run import check, require
from mimawari.datasets.finding import Finding
from mimawari.datasets.rows import LabelledVersion
from mimawari.errors import InvalidInputError

GOOD = [labelled(i, int(i < 20)) for i in range(60)]


def card_of(rows: list[LabelledVersion], beside: Beside | None = None) -> Card:
    return describe("weapons", ["weapons"], rows, LabelOrigin(), {"weapons": beside or Beside()})


def findings(
    rows: list[LabelledVersion], beside: Beside | None = None, earlier: Card | None = None
) -> dict[str, Finding]:
    """Give what every check found, by its name."""
    return {finding.check: finding for finding in check(card_of(rows, beside), rows, earlier)}


def test_varied_rows_pass() -> None:
    found = findings(GOOD, Beside(unsettled=2, unjoined=1), card_of(GOOD))
    assert {finding.level for finding in found.values()} == {"passed"}
    assert len(found) == 10
    require(list(found.values()))


Case = tuple[str, str, Callable[[], dict[str, Finding]]]
CASES: list[Case] = [
    ("classes", "stops", lambda: findings(GOOD[:10])),
    ("classes", "stops", lambda: findings(GOOD[30:])),
    ("unjoined", "stops", lambda: findings(GOOD, Beside(unjoined=10))),
    ("unsettled", "stops", lambda: findings(GOOD, Beside(unsettled=60))),
    (
        "conflicting",
        "stops",
        lambda: findings(
            GOOD
            + [labelled(60 + i, 1, title="A thing!") for i in range(3)]
            + [labelled(70 + i, 0, title="a THING") for i in range(3)]
        ),
    ),
    ("repeated", "caution", lambda: findings([labelled(i, int(i < 9), "x") for i in range(9)])),
    (
        "delay",
        "caution",
        lambda: findings([labelled(i, i % 2, waited=timedelta(days=40)) for i in range(9)]),
    ),
    ("other_policy", "caution", lambda: findings([*GOOD, labelled(99, 1, policy=2)])),
    ("one_seller", "caution", lambda: findings([labelled(i, i % 2, seller="s") for i in range(9)])),
    ("balance", "caution", lambda: findings(GOOD[17:], earlier=card_of(GOOD))),
    (
        "languages",
        "caution",
        lambda: findings(
            [labelled(i, i % 2, language="ja" if i % 3 else "en") for i in range(9)],
            earlier=card_of(GOOD),
        ),
    ),
]


@pytest.mark.parametrize(("name", "level", "found"), CASES, ids=lambda case: str(case)[:20])
def test_what_is_wrong_is_named(
    name: str, level: str, found: Callable[[], dict[str, Finding]]
) -> None:
    finding = found()[name]
    assert finding.level == level
    assert finding.value > finding.limit
    assert finding.problem
    assert finding.remedy


def test_all_that_stops_is_told_at_once_and_may_be_accepted_by_name() -> None:
    found = list(findings(GOOD[:10], Beside(unjoined=10)).values())
    with pytest.raises(InvalidInputError) as refused:
        require(found)
    assert [p.field for p in refused.value.problems] == ["weapons: classes", "weapons: unjoined"]
    with pytest.raises(InvalidInputError, match="classes"):
        require(found, ["unjoined"])
    require(found, ["unjoined", "classes"])


def test_limits_are_the_callers() -> None:
    rows = [*GOOD, labelled(99, 1, policy=2)]
    strict, mild = Limits(other_policy=0.0), Limits(other_policy=1.0)
    levels = [
        {f.check: f.level for f in check(card_of(rows), rows, None, limits)}["other_policy"]
        for limits in (strict, mild)
    ]
    assert levels == ["caution", "passed"]


def test_nothing_is_measured_of_nothing() -> None:
    found = findings([], Beside())
    assert {name for name, finding in found.items() if finding.level != "passed"} == {"classes"}


def test_a_label_before_its_listing_waited_no_time() -> None:
    rows = [labelled(i, i % 2, waited=timedelta(days=-3)) for i in range(9)]
    assert findings(rows)["delay"].value == 0
