"""The index finds what looking at every listing finds; run on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.service.search.oracle import Case, matching

from mimawari.listings.normalise import canonical
from mimawari.records.principal import Principal
from mimawari.service.accounts.permissions import Authority, Permission
from mimawari.service.search import postgresql
from mimawari.service.search.engine import the_index
from mimawari.service.search.facets import facets
from mimawari.service.search.index import EXACT_TO, Entry
from mimawari.service.search.query import Query, wanted_by
from mimawari.service.search.rulings import DecisionMade, Ruling

pytestmark = pytest.mark.django_db
ALL = Authority(Principal("system", "tests", "tests"), frozenset(Permission))
FIRST = date(2026, 1, 1)
WORDS = (
    *("酒", "焼酎", "日本酒", "野菜", "野菜ジュース", "東京都", "京都", "東京", "の", "靴"),
    *("コーヒー", "nike", "N.I.K.E", "ﾅｲｷ", "leather", "leath", "lea", "tv", "a", "1,200円"),
    *("1200", "iPhone12", "incomprehensibility", "incomprehensibil", "incompre", "don't"),
    *("été", "чай", "한국", "한국어", "ไทย", "🔫", "'; DROP TABLE x; --", '"', "\\", "*", "_"),
)
TOPICS, VERDICTS, ACTIONS = ("weapons", "drugs"), ("violates", "does_not_violate"), ("hide", "warn")
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
joined = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map("".join)
decided = st.tuples(
    st.sampled_from(TOPICS), st.sampled_from(VERDICTS), st.integers(1, 3), st.sampled_from(ACTIONS)
)
cases = st.builds(
    Case,
    id=st.just(0),
    text=texts | joined,
    seller=st.sampled_from(("s1", "s2", "s|1", "")),
    day=st.integers(0, 5).map(lambda n: FIRST + timedelta(n)),
    decided=st.lists(decided, max_size=2).map(tuple),
)
queries = st.builds(
    Query,
    text=st.just("") | texts | joined | st.sampled_from(WORDS),
    seller=st.sampled_from(("", "", "s1", "s|1")),
    topic=st.sampled_from(("", "", *TOPICS)),
    verdict=st.sampled_from(("", "", *VERDICTS)),
    moderator=st.sampled_from((None, None, 1, 2)),
    action=st.sampled_from(("", "", *ACTIONS)),
    first_day=st.none() | st.just(FIRST + timedelta(2)),
    last_day=st.none() | st.just(FIRST + timedelta(3)),
)


def entry(case: Case) -> Entry:
    rulings = [Ruling(t, False, (DecisionMade(v, m),), (a,)) for t, v, m, a in case.decided]
    known = facets(case.id, case.seller, rulings)
    return Entry(case.id, case.day, canonical(case.text), frozenset(known))


def asked(query: Query, most: int = 10_000) -> list[int]:
    return the_index().find(wanted_by(query, ALL), most).ids


def numbered(cases: list[Case]) -> list[Case]:
    """Give cases numbers far apart, so that they are of different stretches."""
    return [Case(1 + 9_000 * i, c.text, c.seller, c.day, c.decided) for i, c in enumerate(cases)]


@pytest.fixture(autouse=True)
def empty() -> Iterator[None]:
    the_index().clear()
    yield
    the_index().clear()


def searchable(query: Query) -> bool:
    from tests.service.search.oracle import words

    return not query.text.strip() or bool(words(canonical(query.text)))


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(cases, max_size=12), st.lists(queries.filter(searchable), min_size=4, max_size=8))
@example([Case(0, "東京都の酒", "s1", FIRST)], [Query(text="京都の")])
@example([Case(0, "東京の京都", "s1", FIRST)], [Query(text="東京都")])
def test_index_and_oracle_agree(cases: list[Case], queries: list[Query]) -> None:
    index, known = the_index(), numbered(cases)
    index.remove([1 + 9_000 * i for i in range(12)])  # those of the example before
    index.put([entry(case) for case in known])
    for query in queries:
        assert asked(query) == matching(known, query), query
    # What is taken out or put in anew is found as it is now.
    for case in known[::3]:
        index.remove([case.id])
    changed = [Case(c.id, "nike の酒", c.seller, c.day, c.decided) for c in known[1::3]]
    index.put([entry(case) for case in changed])
    left = [*changed, *known[2::3]]
    for query in [*queries, Query(text="酒"), Query(text="nik")]:
        assert asked(query) == matching(left, query), query


@pytest.mark.parametrize("text", ["酒", "野菜", "さけ", "ジュース", "野 菜", "niké", "Ｎ.i.k.e"])
def test_short_words_and_disguises(text: str) -> None:
    listings = ["日本酒と野菜ジュース", "ナイキの靴", "酒", "さけ (salmon)", "g-u-n", "N I K E"]
    known = numbered([Case(0, text, "s", FIRST) for text in listings])
    the_index().put([entry(case) for case in known])
    assert asked(Query(text=text)) == matching(known, Query(text=text)) != []


def test_pages_follow_each_other_without_gaps() -> None:
    the_index().put([entry(Case(n, f"cup {n}", "s", FIRST)) for n in range(1, 101)])
    wanted, before, pages = wanted_by(Query(text="cup"), ALL), None, []
    while True:
        index = the_index()
        hits = index.find(wanted, 7) if before is None else index.find(wanted, 7, before)
        if not hits.ids:
            break
        pages += hits.ids
        assert (hits.count is None) == (before is not None)
        before = hits.ids[-1]
    assert pages == list(range(100, 0, -1))


@pytest.mark.parametrize("query", [Query(text="cup"), Query(seller="s"), Query()], ids=str)
def test_counts_are_exact_up_to_a_bound(query: Query) -> None:
    the_index().put([entry(Case(n, f"cup {n}", "s", FIRST)) for n in range(1, EXACT_TO + 1)])
    assert the_index().find(wanted_by(query, ALL), 5).count == EXACT_TO
    more = [entry(Case(n, "cup", "s", FIRST)) for n in range(EXACT_TO + 1, EXACT_TO + 9)]
    the_index().put(more)
    assert the_index().find(wanted_by(query, ALL), 5).count == EXACT_TO + 1


def test_old_matches_are_found_behind_many_new_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest stretches hold none: all are looked at."""
    monkeypatch.setattr(postgresql, "MOST_BLOCKS", 3)
    known = [Case(1, "酒", "s", FIRST), Case(2, "酒", "t", FIRST)]
    known += [Case(20_000 * n, "cup", "s", FIRST + timedelta(n)) for n in range(1, 9)]
    the_index().put([entry(case) for case in known])
    for query in (Query(text="酒"), Query(seller="s"), Query(text="酒", last_day=FIRST)):
        hits = the_index().find(wanted_by(query, ALL), 100)
        assert hits.ids == matching(known, query)
        assert hits.count == len(hits.ids)


def test_longest_texts_are_taken() -> None:
    """As many different characters as a listing may have, and one word of them all."""
    ideographs = "".join(chr(0x4E00 + 37 * n % 20_000) for n in range(20_000))
    known = [Case(1, ideographs, "s", FIRST), Case(2, "x" + "ab" * 9_000, "s", FIRST)]
    the_index().put([entry(case) for case in known])
    part = canonical(ideographs)[500:540]
    assert asked(Query(text=part)) == [1]
    assert asked(Query(text="xab")) == [2]
    assert asked(Query(text="x" + "ab" * 90)) == [2]
