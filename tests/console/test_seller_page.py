"""The page of a seller: what it shows to whom, and restricting, lifting, trusting from it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from tests.acting import TESTS
from tests.service.actions.conftest import (  # noqa: F401
    CLAUSES,
    STRIKES,
    Activate,
    activate,
    judge,
    offer,
)

from mimawari.records.standing import Standing
from mimawari.service.accounts import roles
from mimawari.service.actions.models import Action, StandingAction
from mimawari.service.actions.outcome import restrictions_of
from mimawari.service.audit.sealing import seal_all
from mimawari.service.audit.verify import verify
from mimawari.service.catalogue.seller_policy import record_standing
from mimawari.service.catalogue.standings import standings_of
from mimawari.service.platform import clock
from mimawari.service.review import queue

pytestmark = pytest.mark.django_db(transaction=True)


def entered(role: str, topics: tuple[str, ...] = ()) -> Client:
    """Give a client that is logged in with an account of a role."""
    client = Client()
    client.force_login(roles.add(f"{role}{len(topics)}", None, role, TESTS, topics))
    return client


def shown(client: Client, seller: str = "s") -> str:
    answer = client.get("/seller", {"id": seller})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def known(activate: Activate) -> None:  # noqa: F811
    """Have two listings of a seller, one of them found to violate."""
    activate(CLAUSES.replace('"delete", "restrict"', '"delete"') + STRIKES.split("restrict_at")[0])
    offer(1)
    judge("mo")
    offer(2, "<b>a cup</b>")


@pytest.mark.usefixtures("known")
def test_it_shows_listings_decisions_strikes_and_trust() -> None:
    record_standing("s", Standing.TRUSTED, ["weapons"], TESTS, "a <i>dealer</i>")
    text = shown(entered("lead"))
    for part in ("/listing?id=L1", "/listing?id=L2", "&lt;b&gt;a cup", "mo</bdi>", "Violates",
                 "The seller is not restricted.", "Strikes · 2", "<strong>trusted</strong>",
                 "a &lt;i&gt;dealer"):  # fmt: skip
        assert part in text, part
    assert "<b>a cup" not in text
    assert "No listing is of this seller." in shown(entered("auditor"), "nobody")


@pytest.mark.usefixtures("known")
def test_the_listings_page_leads_there_and_says_how_the_seller_stands() -> None:
    record_standing("s", Standing.EXEMPT, [], TESTS, "ours")
    text = entered("lead").get("/listing?id=L1").content.decode()
    assert '<a href="/seller?id=s">' in text
    assert "<strong>exempt</strong> (all topics)" in text
    text = entered("moderator").get("/listing?id=L1").content.decode()
    assert "exempt" not in text
    assert "/seller" not in text, "who judges alone is told nothing of sellers"


@pytest.mark.usefixtures("known")
def test_a_lead_restricts_and_lifts() -> None:
    lead = entered("lead")
    for _ in range(2):  # twice is once
        answer = lead.post(
            "/seller/restrict", {"seller": "s", "topic": "weapons", "reason": "sells arms"},
            follow=True,
        )  # fmt: skip
        assert "The seller is restricted." in answer.content.decode()
    (number,) = restrictions_of("s")
    action = Action.objects.get(pk=number)
    assert (action.kind, action.origin, action.reason) == ("restrict", "decided", "sells arms")
    answer = lead.post(
        "/seller/lift", {"seller": "s", "action": number, "reason": "a mistake"}, follow=True
    )
    assert "The restriction is lifted." in answer.content.decode()
    assert restrictions_of("s") == []
    seal_all()
    assert verify().problems == ()


@pytest.mark.usefixtures("known")
def test_no_decision_lifts_what_somebody_restricted(activate: Activate) -> None:  # noqa: F811
    lead = entered("lead")
    activate(CLAUSES + STRIKES)  # critical ones restrict
    offer(3)
    lead.post("/seller/restrict", {"seller": "s", "topic": "weapons", "reason": "sells arms"})
    held = restrictions_of("s")
    judge("mo", clause="firearm")
    assert held[0] in restrictions_of("s")
    queue.undo(User.objects.get(username="mo"))
    assert held[0] in restrictions_of("s")
    assert StandingAction.objects.filter(pk=held[0]).exists()


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"reason": ""}, "reason: is empty"),
        ({"topic": "drugs"}, "is not in force"),
        ({"seller": "nobody"}, "has no listing here"),
    ],
)
def test_what_is_refused_says_why(form: dict[str, str], text: str) -> None:
    words = {"seller": "s", "topic": "weapons", "reason": "why"} | form
    answer = entered("lead").post("/seller/restrict", words, follow=True)
    assert text in answer.content.decode()
    assert restrictions_of("s") == []


@pytest.mark.usefixtures("known")
def test_a_policy_editor_trusts_and_clears() -> None:
    editor, now = entered("policy_editor"), clock.database_now()
    words = {"seller": "s", "topic": "weapons", "standing": "trusted", "reason": "a dealer"}
    answer = editor.post("/seller/standing", {**words, "until": "2199-01-31"}, follow=True)
    assert "It is recorded." in answer.content.decode()
    assert "2199-01-31" in answer.content.decode()
    assert standings_of(["s"]).of("s", "weapons", now) == Standing.TRUSTED
    editor.post("/seller/standing", {**words, "standing": "cleared"})
    assert standings_of(["s"]).of("s", "weapons", now) is None
    answer = editor.post("/seller/standing", {**words, "until": "soon"}, follow=True)
    assert "write a day such as" in answer.content.decode()


@pytest.mark.usefixtures("known")
def test_by_permission_and_topic() -> None:
    assert entered("moderator").get("/seller?id=s").status_code == 403
    auditor = entered("auditor")
    assert "<select" not in shown(auditor)
    words = {"seller": "s", "topic": "weapons", "standing": "exempt", "reason": "why", "action": 1}
    for path in ("/seller/restrict", "/seller/lift", "/seller/standing"):
        assert auditor.post(path, words).status_code == 403
    elsewhere = entered("lead", ("drugs",))
    answer = elsewhere.post("/seller/restrict", words, follow=True)
    assert "Your account may not do that in this topic." in answer.content.decode()
    assert "Violates" not in shown(elsewhere), "decisions of other topics are left out"
    assert restrictions_of("s") == []
