"""A rescan goes on where it stopped, keeps aside, and is on record."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.rescan.acting import Activate, admit, offer, opened, unhurried

from mimawari.errors import InvalidInputError
from mimawari.service.accounts import roles
from mimawari.service.accounts.authority import principal_of
from mimawari.service.admission.rescans import already_judged
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.intake import log
from mimawari.service.intake.models import ListingVersion, State
from mimawari.service.platform.leases import HeldLease
from mimawari.service.scoring import throttle
from mimawari.service.scoring.models import Rescan, RescanState, Rescore
from mimawari.service.scoring.rescanning import Pass, Progress
from mimawari.service.scoring.rescans import Plan, begin, planned, stop
from mimawari.service.scoring.throttle import Throttle

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_dry_run_counts_and_keeps_nothing(activate: Activate) -> None:
    activate()
    offer("a sword", 1, 2)
    activate(sword="high")
    wanted = planned("weapons", Plan())
    assert Pass(wanted, already_judged, unhurried()).run()
    assert (wanted.scored, wanted.found) == (2, 2)
    assert not Rescan.objects.exists()
    assert not Rescore.objects.exists()


def test_who_and_why_are_on_record(activate: Activate) -> None:
    activate()
    offer("a sword", 1)
    activate(sword="high")
    pia = principal_of(roles.add("pia", None, "policy_editor", TESTS))
    wanted, _ = begin("weapons", Plan(), pia, "swords are new")
    Pass(wanted, already_judged, unhurried()).run()
    admit()
    begun, ended = Event.objects.filter(kind__startswith="rescan").order_by("pk")
    assert (begun.kind, begun.principal) == ("rescan", pia.id)
    assert "swords are new" in (begun.body or "")
    assert (ended.kind, ended.principal) == ("rescan_ended", "admitter")
    seal_all()
    assert verify().problems == ()


class KilledError(Exception):
    """A pass that ends after a batch, in the middle of all."""


def test_it_goes_on_where_it_was_interrupted(
    activate: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "BATCH", 2)
    activate()
    offer("a sword", *range(1, 8))
    generation = activate(sword="high")
    wanted, new = begin("weapons", Plan(share=1.0), TESTS, "new words")
    assert new
    seen: list[Progress] = []

    def interrupt(progress: Progress) -> None:
        seen.append(progress)
        if len(seen) == 2:
            raise KilledError

    with pytest.raises(KilledError):
        Pass(wanted, already_judged, unhurried()).run(interrupt)
    activate(sword="low")  # what was begun goes on under the rules that it began with
    again, new = begin("weapons", Plan(), TESTS, "")
    assert (again.pk, again.scored, new) == (wanted.pk, 4, False)
    assert Pass(again, already_judged, unhurried()).run()
    admit()
    done = Rescan.objects.get()
    assert (done.scored, done.found, done.generation_id) == (7, 7, generation)
    assert sorted(opened()) == [f"L{number}" for number in range(1, 8)]


def test_it_is_stopped_from_elsewhere(activate: Activate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "BATCH", 2)
    activate()
    offer("a sword", *range(1, 8))
    activate(sword="high")
    wanted, _ = begin("weapons", Plan(), TESTS, "new words")
    work = Pass(wanted, already_judged, unhurried())
    assert not work.run(lambda _: stop(wanted.pk, TESTS, "too many"))
    stopped = Rescan.objects.get()
    assert (stopped.state, stopped.scored) == (RescanState.STOPPED, 2)
    stop(wanted.pk, TESTS, "twice is harmless")
    assert Event.objects.filter(kind="rescan_ended").count() == 1
    admit()
    assert opened() == []


def test_two_processes_do_not_scan_at_once(activate: Activate) -> None:
    activate()
    offer("a sword", 1)
    wanted, _ = begin("weapons", Plan(), TESTS, "new words")
    other = HeldLease("rescan of weapons")
    assert other.take()
    with pytest.raises(InvalidInputError, match="is run by process"):
        Pass(wanted, already_judged, unhurried()).run()


@pytest.mark.parametrize(
    ("topic", "plan", "reason", "problem"),
    [
        ("arms", Plan(), "why", "topic: 'arms' is not in force; in force: weapons"),
        ("weapons", Plan(), " ", "reason: is empty"),
        ("weapons", Plan(share=0.0), "why", "share: is 0.0; give more than 0, at most 1"),
        ("weapons", Plan(least=2.0), "why", "least: is 2.0; give 0.02 to 1"),
        ("weapons", Plan(most=0), "why", "most: is 0; give 1 to 5,000"),
    ],
)
def test_what_makes_no_sense_is_refused(
    activate: Activate, topic: str, plan: Plan, reason: str, problem: str
) -> None:
    activate()
    with pytest.raises(InvalidInputError) as error:
        begin(topic, plan, TESTS, reason)
    assert problem in str(error.value)
    assert not Rescan.objects.exists()


def test_a_moderator_may_not(activate: Activate) -> None:
    activate()
    anna: User = roles.add("anna", None, "moderator", TESTS)
    with pytest.raises(InvalidInputError, match="policies:write"):
        begin("weapons", Plan(), principal_of(anna), "why not")


def test_it_keeps_to_its_rate() -> None:
    time, slept = [0.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time[0] += seconds

    pace = Throttle(50.0, sleep, lambda: time[0])
    assert pace.batch == 50
    for _ in range(3):
        pace.wait(lambda _: None)
        pace.took(50)
        time[0] += 0.25  # what the batch itself took
    assert slept == [0.75, 0.75]


def test_it_stands_aside_while_live_listings_wait(
    activate: Activate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "MOST_LAG", 2)
    activate()
    log.append([listing(number) for number in range(4)])
    waited: list[int] = []

    def sleep(_seconds: float) -> None:
        oldest = ListingVersion.objects.filter(state=State.PENDING).earliest("pk")
        ListingVersion.objects.filter(pk=oldest.pk).update(state=State.SCORED)

    Throttle(1e9, sleep).wait(waited.append)
    assert waited == [4, 3]
