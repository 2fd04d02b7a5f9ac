"""Releases from a model's page: through its gates, past them by name, by two persons, and back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from tests.acting import TESTS
from tests.releasing import measured, register_validated
from tests.service.catalogue.world import HOSTILE, client, page
from tests.small_model import small_model

from mimawari.evaluation.gates import default_text
from mimawari.service.releases import gates, generations
from mimawari.service.releases.models import Release

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("generation")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_model(tmp_path_factory.mktemp("models") / "one")


@pytest.fixture
def version(folder: Path) -> str:
    return register_validated(folder, TESTS)


def post(version: str, who: Client | None = None, **fields: str) -> str:
    """Send a form of the model's page; gives the page that follows."""
    who = who or client()
    answer = who.post(f"/models/{version}/stage", {"reason": "it is time", **fields}, follow=True)
    return page(answer)


def serving() -> str | None:
    return generations.topics_in_force()["weapons"].champion


def test_a_stage_that_is_open_is_entered_by_its_button(version: str) -> None:
    before = page(client().get(f"/models/{version}"))
    assert "<strong>shadow</strong>: may be entered now" in before
    assert "not back-tested yet" in before
    after = post(version, do="shadow")
    assert "It is shadow now." in after
    (shadow,) = Release.objects.filter(stage="shadow")
    assert (shadow.actor, shadow.reason) == ("ml_engineer-", "it is time")


def test_a_stage_that_is_closed_says_why_and_is_passed_by_name(version: str) -> None:
    assert "has not been backtested; mimawari backtest start" in post(version, do="champion")
    assert serving() is None
    assert "It is champion now." in post(version, do="champion", override="an incident")
    assert serving() == version
    assert "an incident" in page(client().get(f"/models/{version}"))


def test_a_request_waits_for_somebody_else(version: str) -> None:
    text = default_text() + "\n[topics.weapons.stages.shadow]\npersons = 2\n"
    gates.activate_gates(text, "gates.toml", TESTS, "four eyes")
    assert "a second person has to approve it here" in post(version, do="shadow")
    shown = page(client().get(f"/models/{version}"))
    assert "ml_engineer- wants it to be shadow" in shown
    (number,) = re.findall(r'name="request" value="(\d+)"', shown)
    assert "is your own" in post(version, do="approve", request=number)
    admin = client("admin")
    assert "It is shadow now." in post(version, admin, do="approve", request=number)
    assert "was approved by admin-" in post(version, admin, do="refuse", request=number)


def test_back_to_the_rules_and_retired(version: str) -> None:
    post(version, do="champion", override="an incident")
    assert "is the champion" in post(version, do="retire")
    assert "In force again: the rules alone." in post(version, do="rollback")
    assert "It is retired." in post(version, do="retire")
    shown = page(client().get(f"/models/{version}"))
    assert "nobody promotes it again" in shown
    assert 'value="shadow"' not in shown


def test_a_shadow_is_taken_away(version: str) -> None:
    post(version, do="shadow")
    assert "It is beside the champion no more." in post(version, do="undeploy")
    assert not generations.topics_in_force()["weapons"].beside


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"do": "shadow", "reason": " "}, "reason: is empty"),
        ({"do": "boss"}, "do: is unknown"),
        ({"do": "canary", "share": "much"}, "is no number; write a percentage"),
        ({"do": "approve", "request": "9" * 40}, "request: is no number"),
        ({"do": "approve", "request": "77"}, "77 is unknown"),
        ({"do": "shadow", "reason": "x" * 2_001}, "has 2,001 characters"),
    ],
)
def test_wrong_forms_are_told(version: str, fields: dict[str, str], said: str) -> None:
    assert said in post(version, **fields)
    assert not Release.objects.exclude(stage="validated").exists()


def test_only_those_who_may_release_are_offered_it(version: str) -> None:
    lead = client("lead")
    shown = page(lead.get(f"/models/{version}"))
    assert "Way to production" in shown
    assert 'name="do"' not in shown
    assert lead.post(f"/models/{version}/stage", {"do": "shadow"}).status_code == 403
    of_drugs = client("ml_engineer", "drugs")
    assert of_drugs.post(f"/models/{version}/stage", {"do": "shadow"}).status_code == 403
    assert client().get(f"/models/{version}/stage").status_code == 405


def test_what_was_written_is_escaped(version: str) -> None:
    measured(version, auprc=0.5)
    post(version, do="champion", override=HOSTILE)
    shown = page(client().get(f"/models/{version}"))
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown


def test_in_japanese(version: str) -> None:
    measured(version, golden_scores=0.9)
    shown = page(client().get(f"/models/{version}", headers={"accept-language": "ja"}))
    assert "本番までの段階" in shown
    assert "基準スコアとのずれ: 0.9（0 以下）" in shown
    assert "まだ「バックテスト済み」ではない" in shown
    assert "not open" not in shown
