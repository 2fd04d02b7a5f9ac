"""Which version when: the timeline of a topic, and the answer about one minute."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from bench.reads.fill import CONCLUDED
from tests.service.catalogue.world import HOSTILE, client, model, page, put

from mimawari.records.deployment import Slot
from mimawari.service.releases.models import TopicChange

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("generation")]
A, B, PATH = "weapons-aaaaaaaaaaaa", "weapons-bbbbbbbbbbbb", "/topics/weapons/versions"


def at(number: int) -> datetime:
    """Give when a generation came into force for weapons."""
    return TopicChange.objects.get(generation=number, topic="weapons").at


def answer(told: str) -> str:
    """Give the part of the page that answers about a time."""
    return told[told.index('id="answer"') : told.index('class="timeline"')]


def test_who_may_see_the_timeline() -> None:
    for who in ("ml_engineer", "lead", "auditor", "policy_editor"):
        assert client(who).get(PATH).status_code == 200
    assert client("moderator").get(PATH).status_code == 403
    assert client("lead", "drugs").get(PATH).status_code == 403
    assert client("lead", "drugs").get("/topics/drugs/versions").status_code == 200
    assert client().get("/topics/nothing/versions").status_code == 404
    assert client().get("/topics/%00/versions").status_code == 404


def test_the_timeline_has_the_newest_first() -> None:
    put(A, "the first model")
    put(B, "a canary", Slot.CANARY)
    put(B, "it was better")
    told = page(client().get(PATH))
    reasons = ["it was better", "a canary", "the first model", "set-up"]
    places = [told.index(f"<bdi>{reason}</bdi>") for reason in reasons]
    assert places == sorted(places)
    assert "canary, 5% of the sellers" in told
    assert "rules alone" in told
    assert f'href="/models/{A}"' in told
    assert told.count("still") == 1


def test_which_version_scored_it_at_a_minute() -> None:
    first = put(A, "the first model")
    second = put(B, "it was better")
    before = (at(first) - timedelta(microseconds=1)).isoformat()
    for asked, reason in {
        at(first).isoformat(): "the first model",
        at(second).isoformat(): "it was better",
        before: "set-up",
    }.items():
        told = answer(page(client().get(PATH, {"at": asked})))
        assert f"<bdi>{reason}</bdi>" in told
    nothing = page(client().get(f"{PATH}?at=2001-01-01T00:00"))
    assert "Nothing was in force for this topic yet." in answer(nothing)


def test_the_evidence_can_be_read() -> None:
    number = put(A, "it won", evidence={"trial": 7, "evidence": CONCLUDED.plain()})
    told = answer(page(client().get(PATH, {"at": at(number).isoformat()})))
    for said in ('href="/trials/7"', "+5", "+1 … +10", "24", "3 of 12", "9 of 12"):
        assert said in told, said
    as_lead = page(client("lead").get(PATH))
    assert "9 of 12" in as_lead
    assert "/trials/" not in as_lead


@pytest.mark.parametrize(
    "evidence",
    [
        {"trial": 7, "evidence": {"says": HOSTILE, HOSTILE: [HOSTILE]}},
        {"trial": HOSTILE, "evidence": HOSTILE},
        {"trial": -1, "evidence": [1, {"a": {"b": None}}]},
        {HOSTILE: {HOSTILE: HOSTILE}},
    ],
)
def test_evidence_of_another_form_is_shown_as_it_is(evidence: dict[str, object]) -> None:
    put(A, HOSTILE, evidence=evidence)  # type: ignore[arg-type]  # plain data
    told = page(client().get(PATH))
    assert "Evidence" in told
    assert HOSTILE not in told


@pytest.mark.parametrize("time", ["yesterday", "2026-13-01", HOSTILE, "0001-01-01T00:00+23:00"])
def test_what_is_no_time_is_said_so(time: str) -> None:
    told = page(client().get(PATH, {"at": time}), 400)
    assert 'role="alert"' in told
    assert HOSTILE not in told
    assert 'class="timeline"' in told


def test_a_long_timeline_has_pages() -> None:
    model(A)
    for i in range(50):
        put(A if i % 2 else B, f"step {i}")
    seen, path = [], PATH
    while path:
        told = page(client().get(path))
        seen += re.findall(r"<bdi>(step \d+|set-up)</bdi>", told)
        following = re.search(r'class="button" href="(\?before=\d+)"', told)
        path = f"{PATH}{following[1]}" if following else ""
    assert seen == [*(f"step {i}" for i in range(49, -1, -1)), "set-up"]
    assert "There is nothing older." in page(client().get(f"{PATH}?before=0"))
    assert page(client().get(f"{PATH}?before=x")).count("step") == 20
