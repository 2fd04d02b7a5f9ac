"""Pages of models: what they say, who may see them, and what an artifact cannot do to them."""

from __future__ import annotations

import re

import pytest
from tests.service.catalogue.world import (
    ENSEMBLE,
    HOSTILE,
    client,
    model,
    page,
    put,
    trial,
    withdraw,
)

from mimawari.records.composition import Composition, Member
from mimawari.records.deployment import Slot
from mimawari.service.trials.models import TrialState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("generation")]
A, B, OTHER = "weapons-aaaaaaaaaaaa", "weapons-bbbbbbbbbbbb", "drugs-cccccccccccc"


def listed(path: str, who: str = "ml_engineer", *topics: str) -> list[str]:
    """Give the versions on a page of the list, in their order."""
    return re.findall(r'<a href="/models/([^"]+)"><code>', page(client(who, *topics).get(path)))


def test_who_may_see_models() -> None:
    model(A)
    model(OTHER)
    for path in ("/models", f"/models/{A}", f"/models/compare?a={A}&b={A}"):
        assert client().get(path).status_code == 200
        assert client("lead").get(path).status_code == 200
        assert client("moderator").get(path).status_code == 403
    assert 'href="/models"' in page(client("lead").get("/topics"))
    assert 'href="/models"' not in page(client("moderator").get("/topics"))
    assert listed("/models", "lead", "drugs") == [OTHER]
    of_drugs = client("lead", "drugs")
    assert of_drugs.get(f"/models/{A}").status_code == 403
    assert of_drugs.get(f"/models/compare?a={OTHER}&b={A}").status_code == 403
    assert of_drugs.get(f"/models/{OTHER}").status_code == 200
    for unknown in ("/models/weapons-0", "/models/%00", f"/models/compare?a={A}&b=x", "/models/x"):
        assert client().get(unknown).status_code == 404


def test_the_list_is_searched_by_each_field() -> None:
    model(A, minutes=1, data_set="weapons-0123456789ab")
    model(B, ENSEMBLE, by="ben", minutes=2)
    model(OTHER, minutes=3)
    put(A, "first")
    put(B, "beside", Slot.CANARY)
    assert listed("/models") == [OTHER, B, A]
    for query, expected in {
        "text=BBBB": [B],
        "text=ensemble": [B],
        "text=b1db4db": [OTHER, B, A],
        "topic=drugs": [OTHER],
        "by=ben": [B],
        "data_set=weapons": [A],
        "data_set=weapons-0123456789ab": [A],
        "data_set=weap": [],
        "slot=champion": [A],
        "slot=canary": [B],
        "slot=in_force": [B, A],
        "slot=none": [OTHER],
        "slot=shadow": [],
        "text=aaaa&by=ben": [],
    }.items():
        assert listed(f"/models?{query}") == expected, query


def test_the_list_says_where_each_is_and_since_when() -> None:
    model(A)
    model(B, minutes=1)
    put(A, "first")
    put(B, "look at it", Slot.CANARY)
    told = page(client().get("/models"))
    assert "canary, 5% of the sellers" in told
    assert '<span class="state champion">champion</span>' in told
    assert "2 models" in told
    assert "No model matches" in page(client().get("/models?text=nothing"))


def test_a_long_list_has_pages() -> None:
    versions = [f"weapons-{i:012x}" for i in range(120)]
    for i, version in enumerate(versions):
        model(version, minutes=i // 3)  # some at the same time
    seen, path = [], "/models?topic=weapons"
    while path:
        told = page(client().get(path))
        seen += re.findall(r'<a href="/models/([^"]+)"><code>', told)
        following = re.search(r'class="button" href="(\?topic=weapons&amp;before=[^"]+)"', told)
        path = f"/models{following[1].replace('&amp;', '&')}" if following else ""
    assert seen == versions[::-1]


def test_wrong_filters_are_refused_and_the_list_stands() -> None:
    model(A)
    for query in ("slot=boss", "before=nobody", f"text={'x' * 201}"):
        told = page(client().get(f"/models?{query}"), 400)
        assert 'role="alert"' in told
        assert A in told
    assert listed("/models?topic=nothing&text=%00") == []


def test_a_models_page_tells_where_it_comes_from_and_where_it_served() -> None:
    model(A, ENSEMBLE, data_set="weapons-0123456789ab")
    model(B, minutes=1)
    put(A, "beats the rules")
    put(B, "beats the first")
    put(A, "back", Slot.SHADOW)
    withdraw(A, "enough seen")
    told = page(client().get(f"/models/{A}"))
    for said in (
        *("b1db4db3526ff586", "mimawari 0.1.0", "5,000", "320", "900", "6.40%", "ann"),
        *("weapons-0123456789ab", "Member linear", "text.c", "0.15", "with_trees", "1fbe5a78e7492"),
        *("beats the rules", "beats the first", "back", "enough seen", "eve", "not deployed"),
    ):
        assert said in told, said
    served = told[told.index("Where it was in force") :]
    assert served.index("shadow") < served.index("champion")
    assert "Nothing." in told
    assert "still" in page(client().get(f"/models/{B}"))


def test_a_models_page_names_trials_to_those_who_may_see_them() -> None:
    model(A)
    runs, ended = trial(A), trial(B, A, TrialState.ENDED)
    told = page(client().get(f"/models/{A}"))
    assert f"/trials/{runs.pk}" in told
    assert f"/trials/{ended.pk}" in told
    users = told[told.index("Who uses it now") : told.index("What it was made from")]
    assert f"/trials/{runs.pk}" in users
    assert f"/trials/{ended.pk}" not in users
    assert "/trials/" not in page(client("lead").get(f"/models/{A}"))


def test_the_picture_shows_how_data_flowed() -> None:
    model(A, ENSEMBLE)
    put(A, "first")
    told = page(client().get(f"/models/{A}"))
    summary = re.search(r'<desc id="flow-summary">(.*?)</desc>', told)
    assert summary is not None
    assert summary[1] == (
        "Labels until 2026-02-28 (5,000 listings) → N-grams (of words and letters), "
        "Sentence encoder (1fbe5a78e749) → linear (gbdt), sentences (sentences) → "
        f"{A} (ensemble) → weapons (champion)"
    )
    assert told.count('class="join"') == 7
    assert '<a class="box slot" href="/topics/weapons/versions">' in told


def test_what_an_artifact_says_of_itself_is_only_shown() -> None:
    deep: object = HOSTILE
    for _ in range(60):
        deep = {"a": [deep]}
    member = Member(version=HOSTILE, kind=HOSTILE, fingerprint=HOSTILE, lineage={"by": HOSTILE})
    model(
        A,
        Composition(kind="ensemble", members={HOSTILE: member}),
        by=HOSTILE,
        settings={HOSTILE: HOSTILE, "deep": deep, **{f"s{i}": i for i in range(1_000)}},
        data_set=f"../{HOSTILE}",
        labels_until=HOSTILE,
        package=HOSTILE * 100,
        topics=[HOSTILE],
        note={"x": HOSTILE},
        rows="many",
    )
    model(B, minutes=1, data_set="weapons-0123456789ab")
    put(A, HOSTILE)
    trial(A)
    for path in ("/models", f"/models/{A}", f"/models/compare?a={A}&b={B}"):
        told = page(client().get(path))
        assert HOSTILE not in told
        assert "&lt;script&gt;" in told
    assert len(page(client().get(f"/models/{A}"))) < 200_000


def test_two_models_side_by_side() -> None:
    model(A, data_set="weapons-0123456789ab")
    model(B, ENSEMBLE, minutes=1, rows=6_000, data_set="weapons-ba9876543210")
    told = page(client().get(f"/models/compare?a={A}&b={B}"))
    for said in ("5,000", "6,000", "linear (gbdt), sentences (sentences)", "sentences: c"):
        assert said in told, said
    assert 'href="/data-sets/weapons-ba9876543210?from=weapons-0123456789ab"' in told
    assert "/data-sets/" not in page(client("lead").get(f"/models/compare?a={A}&b={B}"))
    same = page(client().get(f"/models/compare?a={A}&b={A}"))
    assert "<table" not in same
    assert "3 settings are the same." in same
