"""The listing's page: what happened, by whom, under which clause and policy, what was sent."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.acting import TESTS
from tests.service.actions.conftest import (
    CLAUSES,
    Activate,
    activate,  # noqa: F401  # a fixture
    judge,
    moderator,
    offer,
)
from tests.service.delivery.conftest import work_off
from tests.service.delivery.receiver import Receiver

from mimawari.service.accounts import roles
from mimawari.service.audit.sealing import seal_all
from mimawari.service.delivery import endpoints
from mimawari.service.delivery.relay import Relay
from mimawari.service.delivery.sender import Sender
from mimawari.service.review import queue
from mimawari.service.review.models import Passing
from mimawari.service.review.passing import pass_on
from mimawari.service.review.queue import Judgement

pytestmark = pytest.mark.django_db(transaction=True)


def page_for(name: str, role: str) -> str:
    client = Client()
    client.force_login(moderator(name, role))
    return client.get("/listing", {"id": "L1"}).text


def decide_with_note() -> None:
    anna, ben = moderator("anna"), moderator("ben")
    alert = queue.next_alert(ben)
    assert alert is not None
    pass_on(Passing.SKIPPED, alert, ben, "not my language")
    alert = queue.next_alert(anna)
    assert alert is not None
    queue.decide(alert, anna, Judgement("violates", "blade", "the second picture"), 1.0)


def test_it_answers_why_by_whom_under_which_policy_and_what_was_sent(
    activate: Activate,  # noqa: F811
    receiver: Receiver,
    sender: Sender,
    relay: Relay,
) -> None:
    activate()
    offer(title="a pistol and a blade")
    endpoints.add(receiver.url, TESTS, ["action.taken"], sender=sender)
    decide_with_note()
    seal_all()
    work_off(relay)
    page = page_for("carla", "auditor")
    for words in (
        "anna", "ben", "not my language", "blade: Blades", "the second picture", "Violates",
        '<mark class="rule"', "Policy", "hide the listing", "by the policy", "action.taken", "204",
    ):  # fmt: skip
        assert words in page, words


def test_who_judges_alone_sees_no_names_and_no_actions(activate: Activate) -> None:  # noqa: F811
    activate()
    offer()
    decide_with_note()
    page = page_for("dora", "moderator")
    assert f"moderator {moderator('anna').pk}" in page
    for words in ("anna", "hide the listing"):
        assert words not in page
    assert "you" in page_for("anna", "moderator")


def test_its_queries_do_not_grow_with_what_happened(activate: Activate) -> None:  # noqa: F811
    activate(CLAUSES)
    counts = []
    roles.add("carla", None, "auditor", TESTS)
    for version in range(1, 6):
        offer(title=f"a pistol, {version}", version=version)
        judge("anna")
        with CaptureQueriesContext(connection) as queries:
            page_for("carla", "auditor")
        counts.append(len(queries))
    assert counts[1] == counts[-1]
