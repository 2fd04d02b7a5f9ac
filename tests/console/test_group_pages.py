"""Decide on what was found: the page before the press, the press, and what became of it."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.acting import TESTS
from tests.service.actions.conftest import CLAUSES, STRIKES, Activate, activate, taken
from tests.service.conftest import generation, topic_file
from tests.service.search.conftest import anna, empty_index, index_all, lena, submit
from tests.service.working import work_off

from mimawari.listings.listing import Listing
from mimawari.service.accounts import roles
from mimawari.service.intake import log
from mimawari.service.review.models import Decision, DecisionGroup

__all__ = ["activate", "anna", "empty_index", "generation", "lena", "topic_file"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def annas(anna: User) -> Client:
    return logged_in(anna)


def logged_in(account: User) -> Client:
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def cups(anna: User, activate: Activate, empty_index: None) -> None:
    """Put a topic in force, and three listings that no rule hits."""
    activate(CLAUSES + STRIKES)
    submit("a cup", "a <b>mug</b>", "a jug")
    index_all()


def proof_in(page: str) -> str:
    sealed = re.search(r'name="proof" value="([^"]+)"', page)
    assert sealed is not None, page
    return sealed[1]


def choose(client: Client, *listings: str, **more: str) -> str:
    asked = {"listing": listings or ("1:L1", "1:L2"), "topic": "weapons", **more}
    return client.post("/search/decide", asked, follow=True).text


def press(client: Client, proof: str, **more: str) -> str:
    """Press, and follow to what is shown then."""
    sent = {"proof": proof, "verdict": "violates", "clause": "blade", **more}
    return client.post("/search/decided", sent, follow=True).text


@pytest.mark.usefixtures("cups")
def test_from_the_search_to_the_group_and_back(annas: Client, lena: User) -> None:
    page = annas.get("/search", {"seller": "s"}).text
    assert 'name="listing" value="1:L2" aria-label="Tick: a &lt;b&gt;mug&lt;/b&gt;"' in page
    assert "Decide on the ticked listings, 100 at most" in page
    page = choose(annas, "1:L1", "1:L2", verdict="violates", back="seller=s&x=<")
    assert "Decide 2 listings · weapons" in page
    assert 'value="violates" required checked' in page
    assert "hide the listing · at once · 2 strikes against the seller" in page
    assert "delete the listing, restrict the seller" in page, "what follows a graver clause"
    assert "a &lt;b&gt;mug&lt;/b&gt;" in page
    assert not Decision.objects.exists(), "nothing is decided by looking"
    proof = proof_in(page)
    page = press(annas, proof, note="both in one shop", back="seller=s")
    assert "2 of 2 listings are decided" in page
    assert 'href="/search?seller=s"' in page
    assert "2 of 2 listings are decided" in press(annas, proof, note="both in one shop")
    assert DecisionGroup.objects.count() == 1
    assert taken("L2") == ["hide -> hide", "restrict -> restrict"]

    page = annas.get("/listing?id=L2").text
    assert "decided from search" in page
    assert "blade: Blades" in page
    assert "both in one shop" in page
    assert "alerted" not in page
    index_all()
    assert "weapons: Violates (anna)" in logged_in(lena).get("/search?verdict=violates").text
    mine = annas.get("/history").text
    assert "from search" in mine
    assert "Reopen:" not in mine

    group = DecisionGroup.objects.get()
    first = group.decisions.order_by("pk")[0]
    page = annas.post(f"/decisions/{group.pk}/undo", {"decision": first.pk}, follow=True).text
    assert "Taken back, with what was done because of it." in page
    assert page.count("Take back: ") == 1
    page = annas.post(f"/decisions/{group.pk}/undo", follow=True).text
    assert "Take all back" not in page
    assert (
        "There is nothing to undo." in annas.post(f"/decisions/{group.pk}/undo", follow=True).text
    )
    assert "un hide -> none" in taken("L2")


@pytest.mark.usefixtures("cups")
def test_a_single_one_from_a_row_and_from_its_page(annas: Client) -> None:
    row = annas.get("/search").text
    assert "/search/decide?listing=1%3AL3" in row
    page = annas.get("/listing?id=L3").text
    assert 'href="/search/decide?listing=1%3AL3"' in page
    page = annas.get("/search/decide?listing=1%3AL3").text
    assert "choose one" in page
    assert 'name="proof"' not in page
    page = choose(annas, "1:L3")
    assert "Decide 1 listing · weapons" in page
    page = press(annas, proof_in(page), verdict="does_not_violate")
    assert "1 of 1 listing is decided" in page
    assert Decision.objects.get().clause is None


@pytest.mark.usefixtures("generation", "empty_index")
def test_of_several_topics_none_is_a_default_that_nobody_chose(annas: Client) -> None:
    submit("a pistol", "a weed")
    index_all()
    page = annas.get("/search", {"seller": "s"}).text
    assert '<select name="topic"><option value="">choose one' in page
    filtered = annas.get("/search", {"seller": "s", "topic": "weapons"}).text
    assert '<option value="weapons" selected>' in filtered
    assert "choose one" not in filtered
    assert "choose one" in choose(annas, "1:L1", topic="", verdict="violates")


@pytest.mark.usefixtures("cups")
def test_what_cannot_be_decided_is_named(annas: Client, anna: User) -> None:
    page = choose(annas, "1:L1", "1:L2", "7:L9")
    assert "Decide 2 listings" in page
    assert "no such version is known" in page
    proof = proof_in(page)
    log.append([Listing(id="L1", version=2, seller_id="s", title="a new cup")])
    work_off()
    page = press(annas, proof)
    assert "1 of 2 listings are decided" in page
    assert "the seller edited it since" in page
    other = choose(annas, "1:L2")
    assert "you decided it already; take that back first" in other
    assert 'name="proof"' not in other
    assert (
        annas.post("/search/decided", {"proof": proof, "verdict": "does_not_violate"}).status_code
        == 302
    )
    assert Decision.objects.count() == 1


@pytest.mark.usefixtures("cups")
def test_whose_press_it_is(annas: Client, lena: User) -> None:
    """An account decides what it was shown, and what another one was shown is refused."""
    proof = proof_in(choose(annas))
    lenas = logged_in(lena)
    answer = lenas.post("/search/decided", {"proof": proof, "verdict": "violates"})
    assert answer.status_code == 409
    assert "the page was shown to anna. Log in as anna." in answer.text
    for forged in ("", "nonsense", proof[:-1]):
        assert annas.post("/search/decided", {"proof": forged}).status_code == 409
    again = logged_in(User.objects.get(username="anna"))
    page = press(again, proof)
    assert "You logged in again since you saw this." in page
    assert not Decision.objects.exists()
    assert "2 of 2 listings are decided" in press(again, proof_in(page))


@pytest.mark.usefixtures("cups")
def test_what_is_missing_is_said_and_kept(annas: Client) -> None:
    proof = proof_in(choose(annas))
    answer = annas.post(
        "/search/decided", {"proof": proof, "verdict": "violates", "note": "kept <here>"}
    )
    assert answer.status_code == 400
    assert "Choose what is violated." in answer.text
    assert "kept &lt;here&gt;" in answer.text
    assert "2 of 2" in press(annas, proof_in(answer.text))
    for asked in ({}, {"listing": "nonsense"}, {"listing": [f"1:X{n}" for n in range(101)]}):
        page = annas.post("/search/decide", asked, follow=True).text
        assert "Tick 1 to 100 listings first." in page
    assert "choose one" in choose(annas, topic="chess")


@pytest.mark.usefixtures("cups")
def test_a_group_is_shown_to_its_maker_and_to_who_sees_all(annas: Client, lena: User) -> None:
    press(annas, proof_in(choose(annas)))
    number = DecisionGroup.objects.get().pk
    roles.add("ben", None, "moderator", TESTS)
    bens, lenas = logged_in(User.objects.get(username="ben")), logged_in(lena)
    assert bens.get(f"/decisions/{number}").status_code == 404
    page = lenas.get(f"/decisions/{number}").text
    assert "anna" in page
    assert "Take" not in page
    assert bens.post(f"/decisions/{number}/undo").status_code == 302
    assert Decision.objects.count() == 2
    assert annas.post(f"/decisions/{number}/undo", {"decision": "x"}).status_code == 404
    assert annas.get(f"/decisions/{number + 1}").status_code == 404


@pytest.mark.usefixtures("cups")
def test_pages_of_a_hundred_cost_as_many_queries_as_of_one(annas: Client) -> None:
    submit(*[f"a plate {n}" for n in range(100)], first=100)
    counts = []
    for listings in (["1:L1"], [f"1:L{n}" for n in range(100, 200)]):
        with CaptureQueriesContext(connection) as asked:
            page = choose(annas, *listings)
        proof = proof_in(page)
        with CaptureQueriesContext(connection) as pressed:
            annas.post(
                "/search/decided", {"proof": proof, "verdict": "violates", "clause": "blade"}
            )
        number = DecisionGroup.objects.latest("pk").pk
        with CaptureQueriesContext(connection) as shown:
            annas.get(f"/decisions/{number}")
        counts.append((len(asked), len(pressed), len(shown)))
    one, hundred = counts
    assert all(many <= few + 7 for few, many in zip(one, hundred, strict=True)), counts
