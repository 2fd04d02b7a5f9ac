"""What the review page fetches beside the item: only what its moderator may see, bounded."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from bench.word_topic import TOPIC
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone, translation
from tests.acting import TESTS
from tests.service.actions.conftest import CLAUSES, STRIKES, Activate, activate, judge
from tests.service.working import work

from mimawari.detectors.topicfile import parse
from mimawari.detectors.topicfile.schema import Severity
from mimawari.listings.listing import Listing
from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert, Purpose
from mimawari.service.console.action_words import following
from mimawari.service.console.chips import chip
from mimawari.service.intake import log
from mimawari.service.review import queue
from mimawari.service.review.models import Decision

__all__ = ["activate"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)
SAME = "a pistol in its case with two magazines, as good as new, to be sent today"


def account(name: str, role: str = "moderator", topics: tuple[str, ...] = ()) -> User:
    return User.objects.filter(username=name).first() or roles.add(name, None, role, TESTS, topics)


def log_in(name: str, role: str = "moderator", topics: tuple[str, ...] = ()) -> Client:
    client = Client()
    client.force_login(account(name, role, topics))
    return client


@pytest.fixture
def alike(activate: Activate) -> list[int]:
    """Put before moderators: three alike of one seller, another of theirs, one of another's."""
    activate(CLAUSES + STRIKES)
    rows = [("s", SAME), ("s", SAME + "!"), ("s", SAME.upper()), ("s", "old pistol"), ("t", SAME)]
    log.append(
        [Listing(id=f"L{i}", version=1, seller_id=s, title=t) for i, (s, t) in enumerate(rows)]
    )
    work()
    ids = dict(Alert.objects.values_list("listing_version__listing_id", "pk"))
    return [ids[f"L{i}"] for i in range(5)]


def hold(client: Client, number: int) -> dict[str, object]:
    """Lease one alert to a client's account; gives what the page shows of it."""
    Alert.objects.update(leased_by=None, leased_until=None, priority=0.1)
    Alert.objects.filter(pk=number).update(priority=0.9)
    context = client.get("/review").context
    assert context["item"].alert_id == number
    return {"alert": number, "verdict": "violates", "clause": "blade", "proof": context["proof"]}


@pytest.mark.parametrize(
    "path", ["/review/queue", "/review/topics", "/review/seller", "/review/together"]
)
def test_only_reviewers_get_them(path: str, alike: list[int]) -> None:
    ask = "post" if path.endswith("together") else "get"
    assert getattr(Client(), ask)(path).status_code == 302
    assert getattr(log_in("eva", "auditor"), ask)(path).status_code == 403
    if ask == "post":
        assert log_in("anna").get(path).status_code == 405


def test_the_rail_shows_what_may_come_and_nothing_that_tells(alike: list[int]) -> None:
    anna, ben = account("anna"), account("ben")
    client = log_in("anna")
    first, others, golden, second, last = alike
    later = timezone.now() + timedelta(minutes=1)
    Alert.objects.filter(pk=others).update(leased_by=ben, leased_until=later)
    Alert.objects.filter(pk=golden).update(purpose=Purpose.GOLDEN, leased_by=anna)
    rows = client.get("/review/queue", {"besides": first}).context["rows"]
    assert {row.alert_id for row in rows} == {second, last}
    assert {row.chip.kind for row in rows} == {"rule"}
    Alert.objects.filter(pk=second).update(purpose=Purpose.SECOND, not_for=anna)
    rows = client.get("/review/queue").context["rows"]
    assert {row.alert_id for row in rows} == {first, last}
    assert {row.chip.kind for row in rows} == {"hidden"}  # the topic is judged blind now
    assert log_in("kim", topics=("drugs",)).get("/review/queue").context["rows"] == []
    assert client.get("/review/queue", {"escalated": "1"}).context["left"] == 0


def test_near_duplicates_are_those_of_the_seller_that_are_free(alike: list[int]) -> None:
    client = log_in("anna")
    sent = hold(client, alike[0])
    panel = client.get("/review/seller", {"alert": alike[0]}).context["panel"]
    assert {near_duplicate.alert_id for near_duplicate in panel.near_duplicates} == {
        alike[1],
        alike[2],
    }
    assert [row.listing_id for row in panel.listings] == ["L3", "L2", "L1"]
    later = timezone.now() + timedelta(minutes=1)
    Alert.objects.filter(pk=alike[2]).update(leased_by=account("ben"), leased_until=later)
    asked = {"alert": alike[0], "with": alike}
    (near_duplicate,) = client.post("/review/together", asked).context["near_duplicates"]
    assert near_duplicate.alert_id == alike[1]
    assert Alert.objects.get(pk=alike[1]).leased_by == account("anna")
    assert Alert.objects.get(pk=alike[3]).leased_by is None, "not alike: not leased"
    for each in (sent, {**sent, "alert": near_duplicate.alert_id, "proof": near_duplicate.proof}):
        assert client.post("/review/decide", each).status_code == 204
    assert Decision.objects.count() == 2
    swapped = {**sent, "alert": near_duplicate.alert_id}
    assert client.post("/review/decide", swapped).status_code == 409


def test_nothing_is_told_or_leased_of_an_item_that_is_not_held(alike: list[int]) -> None:
    anna, ben = log_in("anna"), log_in("ben")
    hold(anna, alike[0])
    for odd in (alike[0], alike[1], "", "x", "9" * 30, "²"):
        assert ben.get("/review/seller", {"alert": odd}).status_code == 404
        assert ben.post("/review/together", {"alert": odd, "with": alike}).status_code == 404
    Alert.objects.filter(pk=alike[0]).update(leased_until=timezone.now())
    answer = anna.post("/review/together", {"alert": alike[0], "with": alike})
    assert answer.context["near_duplicates"] == []
    assert not Alert.objects.filter(leased_by=account("ben")).exists()


def test_one_press_is_taken_back_as_one_and_only_ones_own(alike: list[int]) -> None:
    anna, ben = log_in("anna"), log_in("ben")
    sent = hold(anna, alike[0])
    (near_duplicate, _) = anna.post("/review/together", {"alert": alike[0], "with": alike}).context[
        "near_duplicates"
    ]
    for each in (sent, {**sent, "alert": near_duplicate.alert_id, "proof": near_duplicate.proof}):
        anna.post("/review/decide", each)
    both = {"alert": [alike[0], near_duplicate.alert_id]}
    assert ben.post("/review/undo", both).status_code == 404
    assert anna.post("/review/undo").status_code == 404, "which ones is said by the page"
    for odd in ("x", "9" * 30, "-1"):
        assert anna.post("/review/undo", {"alert": odd}).status_code == 404
    answer = anna.post("/review/undo", both)
    assert answer.headers["X-Undone"] == "2"
    assert answer.context["item"].alert_id == alike[0]
    assert anna.post("/review/undo", both).status_code == 404
    assert anna.get("/review").context["decided"] == 0


def test_what_waits_for_another_judgement_is_not_told(alike: list[int]) -> None:
    judge("ben")
    decided = Decision.objects.get().alert
    rest = [number for number in alike[:4] if number != decided.pk]
    client = log_in("anna")
    hold(client, rest[0])
    seller = {"alert": rest[0]}
    if decided.listing_version.seller_id == "t":
        pytest.fail("the other seller's came first: the order of the queue has changed")
    assert len(client.get("/review/seller", seller).context["panel"].decisions) == 1
    assert client.get("/review/seller", seller).context["panel"].strikes_total == 2
    Alert.objects.create(
        listing_version=decided.listing_version, topic=decided.topic, day=decided.day,
        purpose=Purpose.SECOND, score=0.5, priority=0.05, created_at=timezone.now(),
    )  # fmt: skip
    assert client.get("/review/seller", seller).context["panel"].decisions == []


def test_the_day_is_counted_once_and_over_log_ins(alike: list[int]) -> None:
    judge("anna")
    client = log_in("anna")
    assert client.get("/review").context["decided"] == 1
    sent = hold(client, Alert.objects.filter(state="open").earliest("pk").pk)
    client.post("/review/decide", sent)
    assert client.get("/review").context["decided"] == 2
    assert log_in("anna").get("/review").context["decided"] == 2


def test_an_undo_of_an_alert_leaves_later_decisions_alone(alike: list[int]) -> None:
    anna = account("anna")
    made = [judge("anna") for _ in range(2)]
    assert queue.undo(anna, made[0].pk) == made[0]
    assert queue.undo(anna, made[0].pk) is None
    standing = Decision.objects.filter(replaced_by=None).exclude(verdict="undone")
    assert [d.alert_id for d in standing] == [made[1].pk]


def test_what_follows_is_said_in_both_languages(tmp_path: Path) -> None:
    text = TOPIC.format(topic="weapons", word="pistol", capacity=9) + CLAUSES + STRIKES
    topic = parse(text.replace("[title]", "confirm_positives = true\n[title]", 1), "weapons.toml")
    assert following(topic, Severity.LOW) == []
    assert following(topic, Severity.CRITICAL) == [
        "delete the listing, restrict the seller · at once",
        "5 strikes against the seller, for 180 days",
        "once a second moderator says so too",
    ]
    assert following(topic, Severity.MEDIUM)[0] == "warn the seller · proposed to a lead"
    with translation.override("ja"):
        assert following(topic, Severity.HIGH)[0] == "出品を非表示 · 自動で実施"


@pytest.mark.parametrize(
    ("score", "by_model", "blind", "kind", "text"),
    [
        ("92%", True, False, "model", "model 92%"),
        ("92%", False, False, "rule", "rule 92%"),
        ("", False, False, "rule", "rule"),
        ("92%", True, True, "hidden", "score hidden"),
    ],
)
def test_a_chip_says_rule_or_model(
    score: str, by_model: bool, blind: bool, kind: str, text: str
) -> None:
    made = chip(score, by_model, blind)
    assert (made.kind, made.text) == (kind, text)
    assert made.means
