"""Quality and worth from the store: days of known truth through the queue, commands, pages."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import numpy as np
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from tests.acting import EVE, TESTS
from tests.service.conftest import listing
from tests.service.working import work
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.evaluation.worth import Advice
from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion
from mimawari.service.monitoring.quality import quality
from mimawari.service.monitoring.worths import worths
from mimawari.service.releases.generations import advance, current
from mimawari.service.review import golden, queue
from mimawari.service.review.models import Verdict
from mimawari.service.scoring.models import DayVolume

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]
YES, NO = Verdict.VIOLATES, Verdict.DOES_NOT_VIOLATE


@pytest.fixture
def anna() -> User:
    return User.objects.create_user("anna")


@pytest.fixture
def ben() -> User:
    return User.objects.create_user("ben")


def arrive(titles: list[str]) -> list[int]:
    log.append([listing(i, title) for i, title in enumerate(titles)])
    work()
    return list(ListingVersion.objects.order_by("id").values_list("pk", flat=True))


def open_alert(version: int, purpose: str, probability: float | None = None) -> Alert:
    return Alert.objects.create(
        listing_version_id=version,
        topic="weapons",
        day=timezone.now().date(),
        purpose=purpose,
        score=0.1,
        priority=0.1,
        probability=probability,
        created_at=timezone.now(),
    )


def judge(alert: Alert, person: User, verdict: str, seconds: float = 36.0) -> None:
    queue._lease(alert, person, timezone.now())
    queue.decide(alert, person, verdict, seconds)


def test_misses_and_precision_of_a_known_day(anna: User) -> None:
    """Three pistols are listed, two violate; of 40 cups 8 are explored at 1 / 5, two violate."""
    versions = arrive(["a pistol"] * 3 + ["a cup"] * 40)
    for alert, verdict in zip(Alert.objects.order_by("id"), (YES, YES, NO), strict=True):
        judge(alert, anna, verdict)
    for i, version in enumerate(versions[3:11]):
        judge(open_alert(version, Purpose.EXPLORATION, 0.2), anna, YES if i < 2 else NO)
    # What chance chose and the list holds is no miss, whatever is said of it.
    judge(open_alert(versions[0], Purpose.EXPLORATION, 0.2), anna, YES)
    found = quality("weapons", 1)
    assert (found.misses.explored, found.misses.violating, found.misses.caught) == (8, 2, 2)
    assert found.misses.missed.value == pytest.approx(10)
    assert found.misses.recall.value == pytest.approx(2 / 12)
    assert found.misses.prevalence.value == pytest.approx(12 / 43)
    assert (found.precision.value, found.judged) == (pytest.approx(2 / 3), 3)
    assert found.precision_always.low < found.precision.low


def test_explored_listings_that_wait_are_unknown(anna: User) -> None:
    versions = arrive(["a cup"] * 10)
    alerts = [open_alert(version, Purpose.EXPLORATION, 0.5) for version in versions[:4]]
    judge(alerts[0], anna, YES)
    judge(alerts[1], anna, Verdict.CANNOT_TELL)
    told = quality("weapons", 1).misses
    assert (told.explored, told.answered, told.violating) == (4, 1, 1)
    assert told.missed.value == pytest.approx(8)


def test_old_days_are_left_out(anna: User) -> None:
    versions = arrive(["a cup"] * 3)
    judge(open_alert(versions[0], Purpose.EXPLORATION, 0.5), anna, YES)
    Alert.objects.update(created_at=timezone.now() - timedelta(days=9))
    DayVolume.objects.create(scorer=0, day=timezone.now().date() - timedelta(days=9), listings=500)
    assert quality("weapons", 7).misses.explored == 0
    found = quality("weapons", 10)
    assert found.misses.explored == 1
    assert found.misses.prevalence.value == pytest.approx(2 / 503)


def test_agreement_moderators_and_disagreements(anna: User, ben: User) -> None:
    versions = arrive(["a cup"] * 30)
    for i, version in enumerate(versions):
        first = YES if i % 3 == 0 else NO
        judge(open_alert(version, Purpose.TOP_K), anna, first)
        said = (NO if first == YES else YES) if i in (4, 5) else first
        judge(open_alert(version, Purpose.SECOND), ben, said)
    found = quality("weapons", 1)
    assert found.agreement.cases == 30
    assert found.agreement.agreed.value == pytest.approx(28 / 30)
    assert {one.listing_id for one in found.disagreements} == {"L4", "L5"}
    (case, *_) = found.disagreements
    assert dict(case.verdicts) == {"anna": NO, "ben": YES}
    assert "said" in msgspec.to_builtins(case), "figures that were kept name it so"
    assert found.judged == 28, "a tie is unknown"
    assert {one.name: one.shared for one in found.moderators} == {"anna": 30, "ben": 30}


def test_golden_items_show_who_errs(anna: User, ben: User) -> None:
    arrive(["a cup"] * 20)
    for i in range(20):
        golden.add(f"L{i}", "weapons", YES if i % 2 else NO, EVE, "clear")
    for item in golden.items_in_use():
        for person in (anna, ben):
            said = NO if person == ben else item.expected  # ben passes everything
            judge(golden._open(item), person, said)
    told = {one.name: one for one in quality("weapons", 1).moderators}
    assert (told["anna"].golden.value, told["ben"].golden.value) == (1.0, 0.5)
    assert told["anna"].golden_items == 20
    assert told["ben"].sensitivity < 0.4
    assert told["ben"].specificity > 0.9
    assert quality("weapons", 1).judged == 0, "golden items are no labels"
    assert quality("weapons", 1).agreement.cases == 0


def test_worth_of_a_model_that_finds_what_rules_do_not(anna: User) -> None:
    """Of 30 listed, rules hit 10 (5 violate), the model found 20 (15 do); rules hit 12 in all."""
    versions = arrive(["a pistol"] * 12 + ["a cup"] * 60)
    Alert.objects.all().delete()
    manifest = current().manifest  # type: ignore[union-attr]
    entry = manifest.topics["weapons"].with_champion("weapons-0123456789ab")
    advance(manifest.with_topic("weapons", entry), TESTS, "a model")
    for i, version in enumerate([*versions[:10], *versions[12:32]]):
        right = i % 2 == 0 if i < 10 else i % 4 != 0
        judge(open_alert(version, Purpose.TOP_K), anna, YES if right else NO)
    judge(open_alert(versions[40], Purpose.EXPLORATION, 0.1), anna, NO, seconds=1800.0)
    (told,) = worths(1, hours_per_release=0.0)
    assert (told.worth.reviews, told.worth.caught) == (30, 20)
    assert told.worth.by_rules.value == pytest.approx(12 * 0.5)
    assert told.worth.gain.value == pytest.approx(14)
    assert told.costs.moderator_hours == pytest.approx(30 * 36 / 3600)
    assert told.costs.upkeep_hours == pytest.approx(0.5)
    assert told.costs.compute_hours > 0
    assert told.worth.advice == Advice.KEEP
    assert worths(1, least_per_hour=1000.0)[0].worth.advice == Advice.RETIRE


def test_without_a_model_there_is_nothing_to_weigh(anna: User) -> None:
    arrive(["a pistol"])
    assert worths() == []


def test_a_topic_nobody_judged_yet(anna: User) -> None:
    found = quality("weapons")
    assert np.isnan(found.misses.missed.value)
    assert found.slices == ()
    assert found.moderators == ()


def test_commands(anna: User) -> None:
    arrive(["a pistol", "a cup"])
    judge(Alert.objects.get(), anna, YES)
    run = CliRunner().invoke
    told = run(app, ["quality", "report", "weapons", "--days", "3"])
    assert told.exit_code == 0, told.output
    assert "precision of the list" in told.output
    assert "anna" in told.output
    assert "is not in force" in str(run(app, ["quality", "report", "cups"]).exception)
    added = run(app, ["quality", "golden", "add", "L1", "weapons", NO, "--reason", "a cup"])
    assert added.exit_code == 0, added.output
    listed = run(app, ["quality", "golden", "list"]).output
    assert "L1" in listed
    number = str(golden.items_in_use()[0].pk)
    assert run(app, ["quality", "golden", "retire", number, "--reason", "x"]).exit_code == 0
    assert golden.items_in_use() == []
    assert "No topic has a model" in run(app, ["worth"]).output


@pytest.mark.parametrize("page", ["/quality", "/quality/weapons", "/worth"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_pages_are_for_engineers(page: str, language: str, anna: User) -> None:
    arrive(["a pistol", "a cup"])
    judge(Alert.objects.get(), anna, YES)
    client = Client(headers={"accept-language": language})
    assert client.get(page).status_code == 302
    client.force_login(anna)
    assert client.get(page).status_code == 403
    client.force_login(roles.add("eve", None, "ml_engineer", TESTS))
    told = client.get(page)
    assert told.status_code == 200
    assert f'lang="{language}"' in told.content.decode()
    assert client.get("/quality/cups").status_code == 404
