"""Deciding on what was found through the API, and the client's methods that go with it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from django.core.handlers.asgi import ASGIHandler
from starlette.testclient import TestClient
from tests.acting import TESTS
from tests.service.actions.conftest import Activate, moderator, taken
from tests.service.actions.searched import unlisted
from tests.service.search.conftest import empty_index, index_all

from mimawari.client import Client
from mimawari.errors import InvalidInputError
from mimawari.service.accounts import keys
from mimawari.service.accounts.keys import Scope
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.review.models import Decision

__all__ = ["empty_index"]
pytestmark = pytest.mark.django_db(transaction=True)
Serve = Callable[..., Client]


@pytest.fixture
def serve(activate: Activate) -> Serve:
    """Give a maker of clients of the API, in this process; each with the key of an account."""
    activate()
    server = TestClient(application(Edge(), ASGIHandler()), base_url="http://localhost")

    def ask(request: httpx.Request) -> httpx.Response:
        headers = {"Authorization": request.headers["Authorization"]}
        asked = (request.method, str(request.url))
        answer = server.request(*asked, headers=headers, content=request.content or None)
        return httpx.Response(answer.status_code, content=answer.content)

    def client(who: str = "anna", *scopes: Scope, topics: tuple[str, ...] = ()) -> Client:
        moderator(who)
        wanted = scopes or (Scope.REVIEW,)
        key = keys.create("tests", wanted, TESTS, who if Scope.REVIEW in wanted else "", topics)
        return Client("http://localhost", key, repeats=0, transport=httpx.MockTransport(ask))

    return client


def test_decided_told_and_taken_back(serve: Serve) -> None:
    anna, shown = serve(), unlisted(1, 2)
    asked = ("weapons", "violates", [*shown, ("L9", 1)])
    told = anna.decide(*asked, clause="blade", key="k", note="n")
    assert told["clause"] == "blade"
    assert [(row["listing_id"], row["undone"]) for row in told["decided"]] == [
        ("L1", False),
        ("L2", False),
    ]
    (left,) = told["refused"]
    assert (left["listing_id"], left["why"]) == ("L9", "unknown")
    assert left["problem"] == {
        "field": "listings",
        "problem": "is unknown",
        "remedy": "check identifier and version",
    }
    again = anna.decide(*asked, clause="blade", key="k")
    assert again == told
    assert Decision.objects.count() == 2
    assert told["group"] is not None
    first = told["decided"][0]["decision"]
    assert anna.undo(told["group"], first) == {"group": told["group"], "undone": [first]}
    assert anna.undo(told["group"], first)["undone"] == []
    group = anna.decided(told["group"])
    assert group is not None
    assert [row["undone"] for row in group["decided"]] == [True, False]
    assert taken("L1") == ["hide -> hide", "un hide -> none"]
    assert len(anna.undo(told["group"])["undone"]) == 1


def test_nothing_to_decide_is_recorded_nowhere(serve: Serve) -> None:
    told = serve().decide("weapons", "does_not_violate", [("L9", 1)])
    assert (told["group"], told["policy_version"], told["decided"]) == (None, None, [])


def test_what_is_refused_names_field_and_remedy(serve: Serve) -> None:
    anna, shown = serve(), unlisted(1)
    anna.decide("weapons", "does_not_violate", shown, key="k")
    for wrong, words in (
        ({"clause": "forgery"}, "clause: 'forgery' is not in the policy weapons; use firearm"),
        ({"topic": "chess"}, "topic: 'chess' is not in force; name one that is"),
        ({"verdict": "guilty"}, "verdict: is 'guilty'; give violates or does_not_violate"),
        ({"key": "k"}, "key: named another request before, which is group"),
        ({"policy_version": 9}, "policy_version: is 9; 1 is in force by now; read the policy"),
        ({"listings": [("", 1)]}, r"listings\[0\].id: is ''"),
        ({"listings": []}, "listings: is a list; give a list of 1 to 100"),
        ({"listings": shown * 101}, "listings: is a list; give a list of 1 to 100"),
        ({"note": "\ud800"}, "body: holds half of a surrogate pair"),
    ):
        asked = {"topic": "weapons", "verdict": "violates", "listings": shown, "clause": "blade"}
        with pytest.raises(InvalidInputError, match=words):
            anna.decide(**{**asked, **wrong})  # type: ignore[arg-type]
    assert Decision.objects.count() == 1


def test_whose_a_group_is(serve: Serve) -> None:
    anna, ben = serve(), serve("ben")
    group = anna.decide("weapons", "does_not_violate", unlisted(1))["group"]
    assert group is not None
    assert ben.decided(group) is None
    with pytest.raises(InvalidInputError, match="none of yours"):
        ben.undo(group)


def test_a_key_of_another_topic_or_without_the_scope(serve: Serve) -> None:
    shown = unlisted(1)
    with pytest.raises(InvalidInputError, match="not among those you review"):
        serve("carl", topics=("drugs",)).decide("weapons", "does_not_violate", shown)
    with pytest.raises(InvalidInputError, match="lacks the scope reviews:write"):
        serve("carl", Scope.READ).decide("weapons", "does_not_violate", shown)
    assert not Decision.objects.exists()


@pytest.mark.usefixtures("empty_index")
def test_found_ended_and_counted(serve: Serve) -> None:
    shop = serve("carl", Scope.READ, Scope.WRITE)
    unlisted(*range(30))
    index_all()
    first = shop.search(text="cup", seller="s")
    assert (first["count"], len(first["listings"])) == ({"relation": "exactly", "value": 30}, 25)
    assert first["next"] is not None
    rest = shop.search(after=first["next"], text="cup", seller="s")
    assert len(rest["listings"]) == 5
    assert shop.ended("L1", "sold")["status"] == "ended"
    assert shop.ended("L1", "sold", version=1)["status"] == "already_ended"
    with pytest.raises(InvalidInputError, match="reason: is 'lost'"):
        shop.ended("L2", "lost")
    told = list(shop.ended_many([("L1", "sold"), ("nobody", "sold"), ("L2", "removed")], group=2))
    assert [(row.line, row.status) for row in told] == [
        (1, "already_ended"),
        (2, "rejected"),
        (3, "ended"),
    ]
    refused = serve().decide("weapons", "does_not_violate", [("L2", 1)])["refused"]
    assert [row["why"] for row in refused] == ["ended"]
