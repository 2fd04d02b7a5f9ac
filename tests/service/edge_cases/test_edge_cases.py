"""Edge cases: kept whole, apart from what teaches, erased with their seller, and judging."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.utils import timezone
from tests.acting import TESTS
from tests.releasing import deploy
from tests.service.audit.world import problems
from tests.service.working import work_off
from tests.small_model import rows_of_market, small_model

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.records.deployment import Slot
from mimawari.records.lineage import Lineage
from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import principal_of
from mimawari.service.audit.sealing import seal_all
from mimawari.service.data_sets import making, reading
from mimawari.service.data_sets.making import Request
from mimawari.service.edge_cases import bank
from mimawari.service.edge_cases.models import EdgeCase, EdgeCaseEnd
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform import clock
from mimawari.service.releases.activating import activate_topic_file, register_model
from mimawari.service.retention.remove import remove
from mimawari.service.review import hard_cases, labels, queue
from mimawari.service.review.models import Verdict
from mimawari.service.validation.edge_cases import try_edge_cases
from mimawari.service.validation.validating import silent, validate

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]
SELLER = "seller-xq7"
TITLE = "a pistol with a wooden grip and two magazines, boxed"


def arrive(*titles: str, seller: str = SELLER) -> None:
    first = ListingVersion.objects.count()
    log.append(
        [
            Listing(id=f"L{first + i}", version=1, seller_id=seller, title=title)
            for i, title in enumerate(titles)
        ]
    )
    work_off()


def add(listing_id: str = "L0", verdict: str = "violates") -> EdgeCase:
    return hard_cases.add(listing_id, "weapons", "disguise", TESTS, "a nickname", verdict)


@pytest.fixture
def anna() -> User:
    return roles.add("anna", None, "moderator", TESTS)


def judge(person: User, verdict: str = Verdict.VIOLATES) -> int:
    alert = queue.next_alert(person)
    assert alert is not None
    queue.decide(alert, person, verdict, 1.0)
    return alert.listing_version_id


def test_the_verdict_that_stands_is_taken_and_no_other(anna: User) -> None:
    arrive(TITLE)
    with pytest.raises(InvalidInputError, match="no decision on 'L0' stands"):
        hard_cases.add("L0", "weapons", "disguise", TESTS, "")
    judge(anna)
    with pytest.raises(InvalidInputError, match="violates stands"):
        add(verdict="does_not_violate")
    case = hard_cases.add("L0", "weapons", "missed_violation", TESTS, "a nickname")
    assert (case.verdict, case.actor, case.listing_id) == ("violates", "tests", "L0")
    with pytest.raises(InvalidInputError, match="is an edge case of weapons already"):
        add()
    seal_all()
    assert problems() == []


def test_who_may_not_is_refused_and_unknown_words_are_named(anna: User) -> None:
    arrive(TITLE)
    with pytest.raises(ForbiddenError):
        hard_cases.add("L0", "weapons", "disguise", principal_of(anna), "", "violates")
    with pytest.raises(InvalidInputError, match="why: 'odd' is unknown"):
        hard_cases.add("L0", "weapons", "odd", TESTS, "", "violates")
    with pytest.raises(InvalidInputError, match="'fakes' is not in force"):
        hard_cases.add("L0", "fakes", "disguise", TESTS, "", "violates")
    with pytest.raises(InvalidInputError, match="'L9' is not in the log"):
        add("L9")
    assert not EdgeCase.objects.exists()


def test_a_case_is_retired_once_and_may_be_made_again() -> None:
    arrive(TITLE)
    case = add()
    with pytest.raises(InvalidInputError, match="reason"):
        bank.retire(case.pk, TESTS, " ")
    bank.retire(case.pk, TESTS, "the policy allows it now")
    with pytest.raises(InvalidInputError, match="none that stands"):
        bank.retire(case.pk, TESTS, "again")
    assert bank.standing("weapons") == []
    assert add(verdict="does_not_violate").place == 2
    assert [case.verdict for case in bank.standing("weapons")] == ["does_not_violate"]
    seal_all()
    assert problems() == []


def test_nobody_changes_a_case_and_the_ledger_would_tell() -> None:
    arrive(TITLE)
    case = add()
    for values in ({"verdict": "does_not_violate"}, {"payload": "{}"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            EdgeCase.objects.filter(pk=case.pk).update(**values)
    with pytest.raises(DatabaseError), transaction.atomic():
        EdgeCase.objects.filter(pk=case.pk).delete()


def test_it_survives_retention_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    arrive("a cup with a knife in it")
    seal_all()
    add(verdict="does_not_violate")
    later = timezone.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "database_now", lambda: later)
    remove(later.date(), TESTS, "old")
    assert not ListingVersion.objects.exists()
    (case,) = bank.standing("weapons")
    assert bank.listing_of(case).title == "a cup with a knife in it"


def test_an_erasure_takes_the_listing_out_and_says_so(anna: User) -> None:
    arrive(TITLE)
    case = add()
    arrive("a revolver", seller="another")
    other = add("L1")
    tally = erase_seller(SELLER, TESTS, "asked for it")
    assert tally.edge_cases == 1
    case.refresh_from_db()
    assert "grip" not in f"{case.payload} {case.picture_text} {case.reason}"
    assert case.seller_id == ""
    assert [row.pk for row in bank.standing("weapons")] == [other.pk]
    assert EdgeCaseEnd.objects.get().erased
    seal_all()
    assert problems() == []


def test_what_retention_left_of_a_seller_in_the_bank_alone_is_erased(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arrive("a cup, with a trigger")
    seal_all()
    add()
    later = timezone.now() + timedelta(days=3)
    monkeypatch.setattr(clock, "database_now", lambda: later)
    remove(later.date(), TESTS, "old")
    assert erase_seller(SELLER, TESTS, "asked for it", dry_run=True).edge_cases == 1
    assert erase_seller(SELLER, TESTS, "asked for it").edge_cases == 1
    assert bank.standing("weapons") == []


def test_a_case_and_what_repeats_it_teach_no_model(anna: User) -> None:
    arrive(TITLE, TITLE + "!", "a pistol, silver")
    for _ in range(3):
        judge(anna)
    assert len(list(labels.labelled("weapons"))) == 3
    case = add("L0", "")
    taught = [row.listing.id for row in labels.labelled("weapons")]
    assert taught == ["L2"], "L1 says nearly the same"
    assert len(list(labels.labelled("weapons", with_edge_cases=True))) == 3
    assert labels.kept_apart("weapons") == 2
    accepted = dict.fromkeys(("classes", "sellers", "time"), "a test")
    made = making.make(Request("weapons", ("weapons",), timezone.now(), accepted), TESTS)
    assert [row.listing.id for row in reading.rows_of(made)] == ["L2"]
    assert made.card.topics["weapons"].edge_cases == 2
    bank.retire(case.pk, TESTS, "a test")
    assert len(list(labels.labelled("weapons"))) == 3


@pytest.fixture
def market(topic_file: Callable[..., Path]) -> list[str]:
    """Listings of the small model's market, scored; thirty of them are in the bank."""
    activate_topic_file(topic_file(capacity=150), TESTS, "more reviews")
    rows = rows_of_market(seed=4)
    log.append(
        [
            Listing(id=f"N{i}", version=1, seller_id=f"s{i}", title=one.title)
            for i, one in enumerate(rows.listings)
        ]
    )
    work_off()
    chosen = [*np.flatnonzero(rows.y)[:15].tolist(), *np.flatnonzero(~rows.y)[:15].tolist()]
    for i in chosen:
        hard_cases.add(
            f"N{i}",
            "weapons",
            "missed_violation" if rows.y[i] else "false_alarm",
            TESTS,
            "",
            "violates" if rows.y[i] else "does_not_violate",
        )
    return [f"N{i}" for i in chosen]


def test_a_candidate_is_tried_on_the_bank(market: list[str], tmp_path: Path) -> None:
    version = register_model(small_model(tmp_path / "model", lineage=Lineage(by="ann")), TESTS)
    validation = validate(version, TESTS)
    known = {figure.measure: figure for figure in validation.measured.figures}
    assert 0 < known["edge_cases_caught"].value <= 1
    assert known["edge_cases_lost"].over == 30
    assert known["edge_cases_lost"].against == ""
    assert validation.measured.facts["edge cases learnt"] == "unknown"
    assert any("would be lost" in table.title for table in validation.measured.tables)
    assert any(finding.gate == "edge_cases_lost" for finding in validation.findings)


def test_a_champion_loses_nothing_against_itself(market: list[str], tmp_path: Path) -> None:
    version = register_model(small_model(tmp_path / "model", lineage=Lineage(by="ann")), TESTS)
    deploy(version, Slot.CHAMPION, TESTS, "in force")
    figures = {f.measure: f for f in try_edge_cases(version, TESTS, silent).figures}
    assert figures["edge_cases_lost"].value == 0


def test_what_a_model_learnt_does_not_judge_it(anna: User, tmp_path: Path) -> None:
    arrive(TITLE, "a pistol, silver")
    for _ in range(2):
        judge(anna)
    until = timezone.now()
    case = add("L0", "")
    lineage = Lineage(by="ann", labels_until=until.isoformat())
    version = register_model(small_model(tmp_path / "model", lineage=lineage), TESTS)
    measured = try_edge_cases(version, TESTS, silent)
    assert measured.absent["edge_cases_lost"] == "it has learnt from all 1 edge cases"
    arrive("a rifle")
    add("L2", "does_not_violate")
    measured = try_edge_cases(version, TESTS, silent)
    assert measured.facts == {"edge cases": "1", "edge cases learnt": "1"}
    assert bank.standing("weapons")[0].pk == case.pk
