"""The search page and one's own decisions: what is found, said, saved and reopened."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.acting import TESTS
from tests.service.conftest import generation, topic_file
from tests.service.search.conftest import anna, decide, empty_index, index_all, lena, submit

from mimawari.listings.listing import Listing
from mimawari.service.accounts import roles
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.audit.models import Event
from mimawari.service.audit.sealing import seal_all
from mimawari.service.erasure.seller import erase_seller
from mimawari.service.intake import log
from mimawari.service.platform import clock
from mimawari.service.review import queue
from mimawari.service.review.models import Decision
from mimawari.service.search.models import SavedView

__all__ = ["anna", "empty_index", "generation", "lena", "topic_file"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def annas(anna: User) -> Client:
    client = Client()
    client.force_login(anna)
    return client


@pytest.fixture
def lenas(lena: User) -> Client:
    client = Client()
    client.force_login(lena)
    return client


def test_results_lead_to_the_listing_and_say_what_was_decided(
    annas: Client, anna: User, lenas: Client
) -> None:
    submit("a pistol", "日本酒 <b>酒</b>")
    decide(anna, "violates", "weapons")
    index_all()
    page = annas.get("/search", {"text": "酒"}).text
    assert "1 listing version<" in page
    assert "日本酒 &lt;b&gt;酒&lt;/b&gt;" in page
    assert 'href="/listing?id=L2"' in page
    page = lenas.get("/search", {"verdict": "violates", "moderator": str(anna.pk)}).text
    assert "weapons: Violates (anna)" in page
    assert "By whom: anna" in page
    assert 'href="?verdict=violates"' in page  # without the moderator
    assert f"weapons: Violates (moderator-{anna.pk})" not in page
    assert "<option" in page
    assert "hide the listing" in page
    assert "hide the listing" not in annas.get("/search").text
    japanese = annas.get("/search", {"text": "酒"}, headers={"Accept-Language": "ja"}).text
    assert "出品バージョン 1 件" in japanese


def test_empty_pages_say_what_will_be_there_and_what_to_do(annas: Client) -> None:
    assert "No listing has arrived yet." in annas.get("/search").text
    submit("a cup")
    index_all()
    page = annas.get("/search", {"text": "mug"}).text
    assert "No listing matches these filters." in page
    assert "Write fewer words" in page


def test_a_page_says_that_the_index_is_late(annas: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    submit("a cup")
    assert "The index is being made: 0 % is in it" in annas.get("/search").text
    index_all()
    assert "The index is" not in annas.get("/search").text
    submit("a mug", first=2)
    now = clock.database_now()
    monkeypatch.setattr(clock, "database_now", lambda: now + timedelta(seconds=90))
    page = annas.get("/search").text
    assert "The index is 9" in page
    assert "seconds behind" in page
    seal_all()


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        ({"text": "?!"}, "Write a word with a letter or a digit"),
        ({"text": "x" * 201}, "200 characters at most"),
        ({"first_day": "soon"}, "One of the filters has a value that cannot be chosen."),
        ({"moderator": "anna"}, "One of the filters has a value that cannot be chosen."),
        ({"verdict": "guilty"}, "One of the filters has a value that cannot be chosen."),
        ({"action": "hide"}, "One of the filters has a value that cannot be chosen."),
        ({"first_day": "2026-02-01", "last_day": "2026-01-01"}, "must not be after the last"),
        ({"after": "x"}, "This page of results is no longer valid."),
    ],
)
def test_what_cannot_be_meant_is_refused(annas: Client, asked: dict[str, str], text: str) -> None:
    answer = annas.get("/search", asked)
    assert (answer.status_code, text in answer.text) == (400, True)


def test_pages_go_on(annas: Client) -> None:
    submit(*(f"cup {n}" for n in range(30)))
    index_all()
    first = annas.get("/search", {"text": "cup"})
    assert "30 listing versions" in first.text
    second = annas.get(f"/search{first.context['results'].next}")
    titles = [row.listing.title for page in (first, second) for row in page.context["results"].rows]
    assert titles == [f"cup {n}" for n in range(29, -1, -1)]
    assert "Older results" not in second.text


def test_a_page_of_many_results_takes_as_many_queries_as_one_of_few(
    lenas: Client, anna: User
) -> None:
    submit("first pistol")
    decide(anna, "violates", "weapons")
    submit(*(f"pistol cup {n}" for n in range(20)), first=2)
    for _ in range(2):
        decide(anna, "does_not_violate", "weapons")
    index_all()
    taken = []
    for text in ("first", "pistol", "pistol"):
        with CaptureQueriesContext(connection) as queries:
            assert lenas.get("/search", {"text": text}).status_code == 200
        taken.append(len(queries))
    assert taken[1] <= taken[0] <= 30


def test_views_are_saved_shared_and_removed(annas: Client, lenas: Client, lena: User) -> None:
    asked = {"text": "酒", "seller": "a&b", "name": "drinks", "shared": "1"}
    answer = lenas.post("/search/views", asked, follow=True)
    assert "The view is saved." in answer.text
    assert answer.request["QUERY_STRING"] == "text=%E9%85%92&seller=a%26b"
    page = annas.get("/search").text
    assert 'href="?text=%E9%85%92&amp;seller=a%26b"><bdi>drinks</bdi> · shared' in page
    view = SavedView.objects.get()
    remove = f"/search/views/{view.pk}/remove"
    assert "Only the account that saved a view" in annas.post(remove, follow=True).text
    assert annas.post("/search/views", asked).status_code in (302, 403)
    assert SavedView.objects.count() == 1  # a moderator shares nothing
    assert "Set a filter first." in annas.post("/search/views", {"name": "x"}, follow=True).text
    assert "The view is removed." in lenas.post(remove, follow=True).text
    assert not SavedView.objects.exists()


def test_own_decisions_are_filtered(annas: Client, anna: User) -> None:
    assert "What you decide on the review page" in annas.get("/history").text
    submit("a pistol", "weed")
    decide(anna, "violates", "weapons")
    decide(anna, "cannot_tell", "drugs")
    today = clock.database_now().date()
    for asked, known in (
        ({}, ["weed", "a pistol"]),
        ({"topic": "drugs"}, ["weed"]),
        ({"verdict": "violates"}, ["a pistol"]),
        ({"first_day": str(today)}, ["weed", "a pistol"]),
        ({"last_day": str(today - timedelta(days=1))}, []),
        ({"last_day": "9999-12-31"}, ["weed", "a pistol"]),
        ({"before": str(Decision.objects.latest("pk").pk)}, ["a pistol"]),
    ):
        page = annas.get("/history", asked)
        assert [row["title"] for row in page.context["decisions"]] == known, asked
    assert "No decision of yours" in annas.get("/history", {"verdict": "does_not_violate"}).text
    assert annas.get("/history", {"first_day": "x"}).status_code == 400


def test_a_decision_is_reopened(annas: Client, anna: User) -> None:
    submit("a pistol", "another pistol")
    first = decide(anna, "violates", "weapons")
    decide(anna, "violates", "weapons")
    earlier = Decision.objects.get(alert__listing_version=first)
    answer = annas.post("/history/reopen", {"decision": earlier.pk}, follow=True)
    alert = Alert.objects.get(listing_version=first)
    assert alert.state == AlertState.OPEN
    assert f'data-alert="{alert.pk}"' in answer.text  # shown again, to be decided anew
    undone = Event.objects.filter(kind="undo").get()
    assert undone.principal == str(anna.pk)
    again = annas.post("/history/reopen", {"decision": earlier.pk}, follow=True)
    assert "was taken back already" in again.text
    proof = annas.get("/review?topic=weapons").context["proof"]
    form = {"alert": alert.pk, "verdict": "does_not_violate", "proof": proof}
    assert annas.post("/review/decide", form).status_code == 204
    standing = Decision.objects.filter(replaced_by=None).exclude(verdict="undone")
    assert {d.alert_id: d.verdict for d in standing}[alert.pk] == "does_not_violate"


def test_what_cannot_be_reopened(annas: Client, anna: User) -> None:
    submit("a pistol", "another pistol", "third pistol", seller="gone")
    edited, erased = decide(anna, "violates", "weapons"), decide(anna, "violates", "weapons")
    known = {d.alert.listing_version_id: d for d in Decision.objects.select_related("alert")}
    name = known[edited].alert.listing_version.listing_id
    log.append([Listing(id=name, version=2, seller_id="s", title="a cup")])

    def outcome(version: int) -> str:
        number = known[version].pk
        return annas.post("/history/reopen", {"decision": number}, follow=True).text

    assert "The seller had edited the listing" in outcome(edited)
    ben = roles.add("ben", None, "moderator", TESTS)
    bens = Client()
    bens.force_login(ben)
    other = bens.post("/history/reopen", {"decision": known[erased].pk}, follow=True).text
    assert "This decision is not yours" in other
    roles.restrict("anna", ["drugs"], TESTS)
    assert "does not review this topic any more" in outcome(erased)
    roles.restrict("anna", [], TESTS)
    erase_seller("gone", TESTS, "asked to")
    assert "What the seller wrote was erased." in outcome(erased)
    assert annas.get("/history").text.count("Reopen: ") == 0
    for odd in ("", "x", "9" * 30, "-1"):
        answer = annas.post("/history/reopen", {"decision": odd}, follow=True)
        assert "This decision is not yours" in answer.text
    assert queue.undo(ben) is None
