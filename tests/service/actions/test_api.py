"""Actions, reasons and strikes over the API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from starlette.testclient import TestClient
from tests.acting import TESTS
from tests.service.actions.conftest import (
    CLAUSES,
    STRIKES,
    Activate,
    judge,
    moderator,
    offer,
    taken,
)

from mimawari.service.accounts import keys
from mimawari.service.accounts.keys import Scope
from mimawari.service.actions.models import Action
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.review.models import Decision, Note, PassedOn

pytestmark = pytest.mark.django_db(transaction=True)
Ask = Callable[..., Any]


@pytest.fixture
def ask() -> Ask:
    """Give what asks the API with a new key of some scopes, deciding as an account."""
    client = TestClient(application(Edge(), ASGIHandler()), base_url="http://localhost")

    def send(
        method: str, path: str, body: object = None, scope: str = "actions:read", who: str = ""
    ) -> Any:
        scopes = [Scope(part) for part in scope.split()]
        key = keys.create("tests", scopes, TESTS, who)
        given = {} if body is None else {"json": body}
        return client.request(method, path, headers={"Authorization": f"Bearer {key}"}, **given)

    return send


def test_a_review_with_clause_and_note(activate: Activate, ask: Ask) -> None:
    activate()
    offer()
    moderator("anna")
    review = {"scope": "reviews:write", "who": "anna"}
    item = ask("POST", "/api/v1/reviews:next", {}, **review).json()
    assert [clause["key"] for clause in item["clauses"]] == ["firearm", "blade"]
    assert item["clauses"][0]["severity"] == "critical"
    path = f"/api/v1/reviews/{item['alert']}"
    for clause in ("", "sword"):
        refused = ask("POST", path, {"verdict": "violates", "clause": clause}, **review)
        assert refused.status_code == 422
        (problem,) = refused.json()["problems"]
        assert (problem["field"], problem["remedy"]) == ("clause", "use firearm, blade")
    said = {"verdict": "violates", "clause": "blade", "note": "30 cm"}
    assert ask("POST", path, said, **review).json()["status"] == "saved"
    assert ask("POST", path, said, **review).json()["status"] == "already_saved"
    other = ask("POST", path, {**said, "clause": "firearm"}, **review)
    assert other.status_code == 409
    assert (Decision.objects.get().clause, Note.objects.get().text) == ("blade", "30 cm")
    assert len(taken()) == 1


def test_escalating_and_skipping(activate: Activate, ask: Ask) -> None:
    activate()
    offer()
    moderator("anna")
    moderator("lea", "lead")
    review = {"scope": "reviews:write", "who": "anna"}
    alert = ask("POST", "/api/v1/reviews:next", {}, **review).json()["alert"]
    for _ in range(2):
        skipped = ask("POST", f"/api/v1/reviews/{alert}/skip", {"reason": "a friend"}, **review)
        assert skipped.status_code == 200
    ask("POST", "/api/v1/reviews:next", {}, **review)
    path = f"/api/v1/reviews/{alert}/escalate"
    assert ask("POST", path, {"reason": ""}, **review).status_code == 422
    assert ask("POST", path, {"reason": "unsure"}, **review).json()["status"] == "saved"
    assert ask("POST", path, {"reason": "unsure"}, **review).json()["status"] == "already_saved"
    assert PassedOn.objects.count() == 2
    refused = ask("POST", "/api/v1/reviews:next", {"escalated": True}, **review)
    assert refused.status_code == 403
    lead = {"scope": "reviews:write escalations:write", "who": "lea"}
    item = ask("POST", "/api/v1/reviews:next", {"escalated": True}, **lead).json()
    assert item["alert"] == alert
    as_moderator = {"scope": "reviews:write escalations:write", "who": "anna"}
    refused = ask("POST", "/api/v1/reviews:next", {"escalated": True}, **as_moderator)
    assert refused.status_code == 403, "the account is no lead"
    assert ask("POST", "/api/v1/reviews/999/skip", {"reason": "x"}, **review).status_code == 404


def test_actions_are_listed_page_by_page(activate: Activate, ask: Ask) -> None:
    activate()
    for number in range(5):
        offer(number, seller=f"s{number}")
        judge("anna")
    first = ask("GET", "/api/v1/actions?limit=3").json()
    rest = ask("GET", f"/api/v1/actions?limit=3&before={first['next_before']}").json()
    ids = [action["id"] for page in (first, rest) for action in page["actions"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 5
    assert rest["next_before"] is None
    (mine,) = ask("GET", "/api/v1/actions?seller=s3").json()["actions"]
    assert (mine["listing"], mine["seller"], mine["standing"]) == ("L3", "s3", "hide")
    assert mine["by"]["kind"] == "user"
    assert ask("GET", "/api/v1/actions?listing=L9").json() == {"actions": [], "next_before": None}
    assert ask("GET", "/api/v1/actions?stage=proposed").json()["actions"] == []
    for wrong in ("stage=maybe", "limit=0", "limit=201", "before=-1", "listing=%00", "x=1"):
        assert ask("GET", f"/api/v1/actions?{wrong}").status_code == 422


def test_lifting_and_taking(activate: Activate, ask: Ask) -> None:
    activate(CLAUSES.replace('automatic = ["high", "critical"]', ""))
    offer()
    judge("anna")
    number = Action.objects.get().pk
    assert ask("GET", "/api/v1/outcomes/L1").json()["action"] == "none"
    done = ask("POST", f"/api/v1/actions/{number}/take", {"reason": "yes"}, "actions:write")
    assert (done.json()["proposal"], done.json()["by"]["kind"]) == (number, "key")
    outcome = ask("GET", "/api/v1/outcomes/L1").json()
    assert outcome == {
        "listing": "L1",
        "action": "hide",
        "seller_restricted": False,
        "in_force": [done.json()["id"]],
    }
    path = f"/api/v1/actions/{done.json()['id']}/lift"
    lifted = ask("POST", path, {"reason": "no"}, "actions:write").json()
    assert ask("POST", path, {"reason": "no"}, "actions:write").json() == lifted
    assert (lifted["standing"], lifted["reason"]) == ("none", "no")
    again = ask("POST", f"/api/v1/actions/{number}/lift", {"reason": "no"}, "actions:write")
    assert again.status_code == 409
    assert ask("POST", path, {"reason": " "}, "actions:write").status_code == 422
    unknown = ask("POST", "/api/v1/actions/999/lift", {"reason": "no"}, "actions:write")
    assert unknown.status_code == 404
    assert ask("GET", "/api/v1/outcomes/L9").status_code == 404


def test_strikes_of_a_seller(activate: Activate, ask: Ask) -> None:
    activate(CLAUSES + STRIKES)
    offer()
    judge("anna")
    answer = ask("GET", "/api/v1/strikes/s").json()
    assert (answer["total"], answer["restricted"]) == (2, False)
    (strike,) = answer["strikes"]
    assert (strike["listing"], strike["weight"]) == ("L1", 2)
    nobody = {"seller": "x/y z", "total": 0, "restricted": False, "strikes": []}
    assert ask("GET", "/api/v1/strikes/x%2Fy%20z").json() == nobody
