"""What somebody may not see, no search tells: no listing more, no count more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from starlette.testclient import TestClient
from tests.acting import TESTS
from tests.service.search.conftest import decide, index_all, submit

from mimawari.errors import ForbiddenError, InvalidInputError
from mimawari.service.accounts import keys, roles
from mimawari.service.accounts.authority import of_user
from mimawari.service.accounts.keys import Scope
from mimawari.service.admission.models import Alert, AlertState, Purpose
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.audit.models import Event
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake.models import ListingVersion
from mimawari.service.platform import clock
from mimawari.service.search import views
from mimawari.service.search.models import SavedView
from mimawari.service.search.query import Query
from mimawari.service.search.results import FoundPage, search


@pytest.fixture
def decided(anna: User) -> None:
    """Decide on a weapon and on a drug; a second weapon waits."""
    submit("a pistol", "weed", "another pistol", "a cup")
    decide(anna, "violates", "weapons")
    decide(anna, "violates", "drugs")
    index_all()


def asked(user: User, query: Query) -> FoundPage:
    return search(query, of_user(user))


@pytest.mark.usefixtures("decided")
def test_topics_that_are_not_theirs_are_as_if_nothing_was_decided(anna: User) -> None:
    roles.add("wil", None, "lead", TESTS, ["weapons"])
    wil = User.objects.get(username="wil")
    for query, known in (
        (Query(topic="drugs"), 0),
        (Query(topic="no such topic"), 0),
        (Query(topic="drugs", verdict="violates"), 0),
        (Query(topic="weapons"), 2),
        (Query(verdict="violates"), 1),
        (Query(moderator=anna.pk), 1),
        (Query(text="weed", verdict="violates"), 0),
        (Query(text="weed"), 1),  # as on the page of the listing
    ):
        page = asked(wil, query)
        assert (page.count.value, len(page.listings)) == (known, known), query
    shown = {topic.topic for row in asked(wil, Query()).listings for topic in row.topics}
    assert shown == {"weapons"}
    assert asked(anna, Query(topic="drugs")).count.value == 1


@pytest.mark.usefixtures("decided")
def test_who_judges_alone_does_not_find_what_was_said_of_a_case_that_waits(
    anna: User, lena: User
) -> None:
    ben = roles.add("ben", None, "moderator", TESTS)
    first = Alert.objects.get(topic="weapons", state=AlertState.DECIDED)
    query = Query(topic="weapons", verdict="violates")
    assert asked(ben, query).count.value == 1
    # Asked again since, without an event of its own: the index is as it was.
    Alert.objects.create(
        listing_version_id=first.listing_version_id,
        topic="weapons",
        day=first.day,
        purpose=Purpose.TRIAL,
        score=0.5,
        priority=0.5,
        created_at=clock.database_now(),
    )
    for who, known in ((ben, 0), (anna, 0), (lena, 1)):
        page = asked(who, query)
        assert (page.count.value, len(page.listings)) == (known, known)
    (row,) = [r for r in asked(ben, Query(text="pistol")).listings if r.listing_id == "L1"]
    assert [(topic.waits, topic.decisions) for topic in row.topics] == [(True, [])]
    (row,) = [r for r in asked(lena, Query(text="pistol")).listings if r.listing_id == "L1"]
    assert [made.moderator for made in row.topics[0].decisions] == ["anna"]


@pytest.mark.usefixtures("decided")
def test_names_are_numbers_to_who_judges_alone(anna: User) -> None:
    ben = roles.add("ben", None, "moderator", TESTS)
    page = asked(ben, Query(verdict="violates"))
    names = {made.moderator for row in page.listings for t in row.topics for made in t.decisions}
    assert names == {f"moderator-{anna.pk}"}
    with pytest.raises(ForbiddenError, match="action: needs the permission actions:read"):
        asked(ben, Query(action="hide"))


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        (Query(verdict="guilty"), "verdict: 'guilty' is unknown; use violates"),
        (Query(action="burn"), "action: 'burn' is unknown; use "),
        (Query(text="!?"), "text: holds no letter and no digit"),
        (Query(text="x" * 201), "text: has 201 characters; at most 200"),
    ],
)
def test_what_cannot_be_meant_is_refused(lena: User, query: Query, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        asked(lena, query)


def test_days_the_wrong_way_round_are_refused(lena: User) -> None:
    today = clock.database_now().date()
    with pytest.raises(InvalidInputError, match=r"last_day: .* is before"):
        asked(lena, Query(first_day=today, last_day=today - timedelta(days=1)))


def test_a_cursor_is_signed_and_of_its_question(lena: User) -> None:
    submit(*(f"cup {n}" for n in range(5)))
    index_all()
    authority, query = of_user(lena), Query(text="cup")
    page = search(query, authority, most=2)
    assert page.next is not None
    assert [row.listing_id for row in page.listings] == ["L5", "L4"]
    submit("cup 6", first=6)  # what came meanwhile shifts nothing
    index_all()
    second = search(query, authority, page.next, most=2)
    assert [row.listing_id for row in second.listings] == ["L3", "L2"]
    assert second.count == page.count
    last = search(query, authority, second.next or "", most=2)
    assert ([row.listing_id for row in last.listings], last.next) == (["L1"], None)
    for wrong in (page.next + "x", "nonsense", page.next.replace(":", "", 1), "é\ud800"):
        with pytest.raises(InvalidInputError, match="after: is no cursor of ours"):
            search(query, authority, wrong)
    with pytest.raises(InvalidInputError, match="after: belongs to other filters"):
        search(Query(text="mug"), authority, page.next)


def test_views_are_ones_own_or_shared_by_a_lead(anna: User, lena: User) -> None:
    query = Query(text="酒", topic="drugs")
    views.save(anna, " my  view ", query)
    with pytest.raises(ForbiddenError, match="views:write"):
        views.save(anna, "for all", query, shared=True)
    shared = views.save(lena, "for all", query, shared=True)
    assert [(v.name, v.query, v.mine) for v in views.views_for(anna, of_user(anna))] == [
        ("for all", query, False),
        ("my view", query, True),
    ]
    with pytest.raises(ForbiddenError, match="another account's"):
        views.remove(anna, shared.pk)
    wil = roles.add("wil", None, "lead", TESTS, ["weapons"])
    assert views.views_for(wil, of_user(wil)) == []
    views.save(lena, "for all", Query(text="酒"), shared=True)  # in its place
    assert [v.name for v in views.views_for(wil, of_user(wil))] == ["for all"]
    views.remove(lena, views.views_for(lena, of_user(lena))[0].number)
    views.remove(lena, 10**9)
    assert [v.name for v in views.views_for(lena, of_user(lena))] == []
    kinds = Event.objects.filter(kind__startswith="search_view").order_by("pk")
    assert list(kinds.values_list("kind", flat=True)) == [
        *["search_view"] * 3,
        "search_view_removed",
    ]


@pytest.mark.parametrize(
    ("name", "query", "problem"),
    [
        (" ", Query(text="x"), "name: has 0 characters"),
        ("x" * 81, Query(text="x"), "name: has 81 characters"),
        ("x", Query(), "view: asks for nothing"),
        ("x", Query(verdict="x"), "verdict: 'x' is unknown"),
    ],
)
def test_views_that_cannot_be_meant(anna: User, name: str, query: Query, problem: str) -> None:
    with pytest.raises(InvalidInputError, match=problem):
        views.save(anna, name, query)


def test_no_account_keeps_more_views_than_it_may(
    anna: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MOST_VIEWS", 1)
    views.save(anna, "one", Query(text="x"))
    views.save(anna, "one", Query(text="y"))
    with pytest.raises(InvalidInputError, match="more than 1"):
        views.save(anna, "two", Query(text="x"))


def test_views_that_name_an_erased_seller_go_with_them(anna: User) -> None:
    submit("a cup", seller="gone")
    view = views.save(anna, "the seller", Query(seller="gone"))
    views.save(anna, "else", Query(seller="stays"))
    index_all()
    erase_seller("gone", TESTS, "asked to")
    assert list(SavedView.objects.values_list("name", flat=True)) == ["else"]
    assert Event.objects.get(pk=view.event_id).body is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("decided")
def test_the_api_finds_the_same(anna: User) -> None:
    api = TestClient(application(Edge(), ASGIHandler()), base_url="http://localhost")

    def get(*scopes: Scope, **asked: str) -> tuple[int, dict[str, object]]:
        key = keys.create("tests", scopes, TESTS, "anna" if Scope.REVIEW in scopes else "")
        headers = {"Authorization": f"Bearer {key}"}
        answer = api.get("/api/v1/listings", params=asked, headers=headers)
        return answer.status_code, answer.json()

    status, page = get(Scope.READ, verdict="violates", moderator=f"moderator-{anna.pk}")
    assert status == 200
    assert page["count"] == {"relation": "exactly", "value": 2}
    status, page = get(Scope.READ, text="pistol", limit="1")
    assert (status, len(page["listings"])) == (200, 1)  # type: ignore[arg-type]
    status, second = get(Scope.READ, text="pistol", limit="1", after=str(page["next"]))
    assert (status, second["next"], second["count"]) == (200, None, page["count"])
    assert get(Scope.READ, Scope.ACTIONS, action="hide")[0] == 200
    assert get(Scope.READ, action="hide")[0] == 403
    assert get(Scope.WRITE, text="pistol")[0] == 403
    for wrong in (
        {"verdict": "guilty"}, {"moderator": "anna"}, {"moderator": "moderator-" + "9" * 30},
        {"first_day": "yesterday"}, {"after": "x"}, {"limit": "0"}, {"colour": "red"},
        {"text": "a\0b"}, {"text": "?"},
    ):  # fmt: skip
        assert get(Scope.READ, **wrong)[0] == 422, wrong
    roles.restrict("anna", ["weapons"], TESTS)
    status, page = get(Scope.READ, Scope.REVIEW, verdict="violates")
    assert (status, page["count"]) == (200, {"relation": "exactly", "value": 1})
    assert ListingVersion.objects.count() == 4
