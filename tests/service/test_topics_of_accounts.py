"""Accounts and keys that are restricted to topics have to do with no others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.core.handlers.asgi import ASGIHandler
from django.test import Client
from starlette.testclient import TestClient
from tests.acting import TESTS
from tests.service.conftest import listing
from tests.service.working import work
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.errors import ForbiddenError
from mimawari.service.accounts import keys, roles
from mimawari.service.accounts.authority import principal_of
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.audit.models import Event
from mimawari.service.console.painted import SALT
from mimawari.service.intake import log
from mimawari.service.releases.activating import activate_precisions, activate_topic_file
from mimawari.service.review import golden, queue
from mimawari.service.review.models import Decision, Verdict

pytestmark = pytest.mark.django_db(transaction=True)
NEXT = "/api/v1/reviews:next"


@pytest.fixture(autouse=True)
def alerts(generation: int) -> None:
    """Open three alerts for weapons and two for drugs."""
    log.append([listing(i, "a pistol") for i in range(3)])
    log.append([listing(i, "a weed") for i in range(3, 5)])
    work()
    assert Alert.objects.filter(state=AlertState.OPEN).count() == 5


@pytest.fixture
def anna() -> User:
    """Give a moderator of drugs."""
    return roles.add("anna", None, "moderator", TESTS, ["drugs"])


def all_of(moderator: User) -> list[str]:
    """Decide everything that the queue gives, and name its topics."""
    topics = []
    while (alert := queue.next_alert(moderator)) is not None:
        queue.decide(alert, moderator, Verdict.VIOLATES, 1.0)
        topics.append(alert.topic)
    return topics


def test_the_queue_gives_a_moderator_their_topics_only(anna: User) -> None:
    assert queue.next_alert(anna, ["weapons"]) is None
    assert all_of(anna) == ["drugs", "drugs"]
    everything = roles.add("ben", None, "moderator", TESTS)
    assert all_of(everything) == ["weapons"] * 3


def test_a_role_that_does_not_review_gets_nothing() -> None:
    for role in ("policy_editor", "ml_engineer", "auditor"):
        assert queue.next_alert(roles.add(role, None, role, TESTS)) is None


def test_a_topic_that_is_taken_away_is_not_decided_any_more(anna: User) -> None:
    first, second = queue.next_alert(anna), None
    assert first is not None
    queue.decide(first, anna, Verdict.VIOLATES, 1.0)
    second = queue.next_alert(anna)
    assert second is not None
    roles.restrict("anna", ["weapons"], TESTS)
    with pytest.raises(ForbiddenError, match="topic drugs is not among those you review"):
        queue.decide(second, anna, Verdict.VIOLATES, 1.0)
    assert queue.undo(anna) is None
    assert Decision.objects.count() == 1


def test_pages_leave_other_topics_out(anna: User) -> None:
    client = Client()
    client.force_login(anna)
    assert [row.topic for row in client.get("/").context["topics"]] == ["drugs"]
    assert client.get("/review?topic=weapons").context["item"] is None
    weapon = Alert.objects.filter(topic="weapons").earliest("pk")
    proof = signing.dumps([weapon.pk, anna.pk, client.session["log_in"]], salt=SALT)
    sent = {"alert": weapon.pk, "verdict": "violates", "proof": proof}
    answer = client.post("/review/decide", sent)
    assert answer.status_code == 409
    assert answer.json()["text"] == "Your account does not review this topic any more."
    assert not Decision.objects.exists()
    for number, names in ((0, {""}), (3, {"", "drugs"})):
        (version,) = client.get(f"/listing?id=L{number}").context["versions"]
        assert {event.topic_name for event in version.events} == names
    lead = Client()
    lead.force_login(roles.add("ben", None, "lead", TESTS, ["drugs"]))
    assert [topic for topic, _ in lead.get("/quality").context["topics"]] == ["drugs"]
    assert lead.get("/quality/drugs").status_code == 200
    assert lead.get("/quality/weapons").status_code == 403


@pytest.mark.usefixtures("anna")
def test_a_key_that_reviews_gets_the_topics_of_its_account() -> None:
    made = keys.create("app", [keys.Scope.REVIEW], TESTS, "anna")
    edge = TestClient(
        application(Edge(), ASGIHandler()), headers={"Authorization": f"Bearer {made}"}
    )
    refused = edge.post(NEXT, json={"topic": "weapons"})
    assert refused.status_code == 403
    assert "lacks reviews:write for the topic weapons" in refused.text
    for _ in range(2):
        item = edge.post(NEXT).json()
        assert item["topic"] == "drugs"
        decided = edge.post(f"/api/v1/reviews/{item['alert']}", json={"verdict": "violates"})
        assert decided.status_code == 200
    assert edge.post(NEXT).status_code == 204
    weapon = Alert.objects.filter(topic="weapons").earliest("pk")
    other = edge.post(f"/api/v1/reviews/{weapon.pk}", json={"verdict": "violates"})
    assert other.status_code == 403


def test_an_editor_changes_the_policy_of_their_topics_only(
    topic_file: Callable[..., Path],
) -> None:
    editor = principal_of(roles.add("eve", None, "policy_editor", TESTS, ["drugs"]))
    activate_topic_file(topic_file("drugs", "hemp", 2), editor, "more words")
    activate_precisions({"drugs/word": 0.5}, editor, "measured")
    with pytest.raises(ForbiddenError, match="user eve lacks policies:write for the topic weapons"):
        activate_topic_file(topic_file("weapons", "bow"), editor, "more words")
    with pytest.raises(ForbiddenError, match="topic weapons"):
        activate_precisions({"drugs/word": 0.5, "weapons/word": 0.5}, editor, "measured")
    with pytest.raises(ForbiddenError, match="user eve lacks golden:write"):
        golden.add("L3", "drugs", Verdict.VIOLATES, editor, "clear")


def test_commands_act_as_the_account_they_name() -> None:
    for role in ("auditor", "lead"):
        roles.add(role, None, role, TESTS)
    for command, works in (
        (["audit", "export", "--by", "auditor"], True),
        (["audit", "export", "--by", "lead"], False),
        (["quality", "golden", "add", "L3", "drugs", "violates", "--reason", "x"], True),
    ):
        assert (CliRunner().invoke(app, command).exit_code == 0) is works, command
    by = ["--reason", "x", "--by"]
    golden_add = ["quality", "golden", "add", "L0", "weapons", "violates", *by]
    assert CliRunner().invoke(app, [*golden_add, "lead"]).exit_code == 0
    last = Event.objects.latest("pk")
    assert (last.kind, last.principal_kind) == ("golden_item", "user")
    assert last.principal == str(User.objects.get(username="lead").pk)
    said = CliRunner().invoke(app, [*golden_add, "auditor"]).exception
    assert isinstance(said, ForbiddenError)
    assert "user auditor lacks golden:write" in str(said)
