"""Proposals are seen by who may see actions, and taken or refused by who may act, with a reason."""

from __future__ import annotations

import pytest
from django.test import Client
from tests.acting import TESTS
from tests.service.actions.conftest import (
    CLAUSES,
    Activate,
    activate,
    judge,
    moderator,
    offer,
    taken,
)

from mimawari.service.accounts import roles
from mimawari.service.actions.models import Action

__all__ = ["activate"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)
PROPOSES = CLAUSES.replace('automatic = ["high", "critical"]', "")


@pytest.fixture
def proposals(activate: Activate) -> list[int]:
    activate(PROPOSES)
    for number in (1, 2):
        offer(number, seller=f"s{number}")
    for _ in range(2):
        judge("anna")
    return list(Action.objects.order_by("pk").values_list("pk", flat=True))


def log_in(name: str, role: str) -> Client:
    client = Client()
    client.force_login(moderator(name, role))
    return client


def test_who_sees_them_and_who_settles_them(proposals: list[int]) -> None:
    assert log_in("ben", "moderator").get("/proposals").status_code == 403
    eva = log_in("eva", "auditor")
    page = eva.get("/proposals")
    assert [row.number for row in page.context["proposals"]] == proposals[::-1]
    assert 'name="do"' not in page.text
    sent = {"do": "take", "action": proposals, "reason": "agreed"}
    assert eva.post("/proposals/settle", sent).status_code == 403
    assert log_in("ben", "moderator").post("/proposals/settle", sent).status_code == 403
    assert Client().post("/proposals/settle", sent).status_code == 302
    assert Action.objects.count() == 2


def test_a_lead_takes_one_and_refuses_the_other(proposals: list[int]) -> None:
    lea = log_in("lea", "lead")
    first, second = proposals
    page = lea.get("/proposals").text
    assert "hide the listing" in page
    assert "high severity · blade" in page
    settled = {"action": first, "reason": "agreed"}
    answer = lea.post("/proposals/settle", settled | {"do": "take"}, follow=True)
    assert "1 proposal taken." in answer.text
    settled["action"] = second
    answer = lea.post("/proposals/settle", settled | {"do": "refuse"}, follow=True)
    assert "1 proposal refused." in answer.text
    assert "Nothing is proposed." in answer.text
    of_first, of_second = (
        Action.objects.get(pk=number).listing_version.listing_id for number in (first, second)
    )
    assert taken(of_first)[1:] == ["decided hide -> hide"]
    assert taken(of_second)[1:] == ["proposed un hide -> none"]
    assert Action.objects.latest("pk").principal == str(roles.find("lea").pk)


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"do": "take", "reason": "agreed"}, "Tick a proposal"),
        ({"do": "burn", "action": "1", "reason": "agreed"}, "Tick a proposal"),
        ({"do": "take", "action": "9999", "reason": "agreed"}, "is unknown"),
        ({"do": "take", "action": "x", "reason": "agreed"}, "Tick a proposal"),
        ({"do": "take", "action": "FIRST", "reason": " "}, "reason"),
        ({"do": "refuse", "action": "FIRST", "reason": "x" * 1_001}, "reason"),
    ],
)
def test_bad_input_is_told_and_changes_nothing(
    sent: dict[str, str], text: str, proposals: list[int]
) -> None:
    given = {k: str(proposals[0]) if v == "FIRST" else v for k, v in sent.items()}
    answer = log_in("lea", "lead").post("/proposals/settle", given, follow=True)
    assert text in answer.text
    assert Action.objects.count() == 2


def test_one_that_is_gone_does_not_hold_up_the_other(proposals: list[int]) -> None:
    lea = log_in("lea", "lead")
    lea.post("/proposals/settle", {"do": "refuse", "action": proposals[0], "reason": "harsh"})
    both = {"do": "take", "action": proposals, "reason": "agreed"}
    answer = lea.post("/proposals/settle", both, follow=True).text
    assert "was taken back" in answer
    assert "1 proposal taken." in answer


def test_topics_of_others_are_neither_seen_nor_settled(proposals: list[int]) -> None:
    roles.add("kim", None, "lead", TESTS, ("drugs",))
    kim = log_in("kim", "lead")
    assert kim.get("/proposals").context["proposals"] == []
    sent = {"do": "take", "action": proposals[0], "reason": "agreed"}
    assert "lacks actions:write for the topic weapons" in kim.post(
        "/proposals/settle", sent, follow=True
    ).text.replace("&#x27;", "'")
    assert Action.objects.count() == 2
