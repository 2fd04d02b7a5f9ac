"""The plan of a campaign that goes on, changed on its page and through the API."""

from __future__ import annotations

import msgspec
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.test import Client
from httpx import Response
from starlette.testclient import TestClient
from tests.acting import TESTS
from tests.service.campaigns.world import begin
from tests.service.catalogue.world import client, page

from mimawari.service.accounts import keys
from mimawari.service.accounts.keys import Scope
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.campaigns.models import CampaignState, standing
from mimawari.service.campaigns.plan import Plan, Source

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("topic")]


def planned(number: int) -> Plan:
    return standing([number])[number].planned


def form(plan: Plan, **written: object) -> dict[str, object]:
    """Fill the form as the page does."""
    return {
        "do": "edit",
        "reason": "fewer moderators",
        "goal": "violations" if plan.violations else "labels",
        "number": plan.violations or plan.labels,
        "until": plan.until.isoformat(),
        "source": [source.value for source in plan.sources],
        "budget": plan.budget,
        "beyond": plan.beyond,
        "days": plan.days,
        "least_yield": 100 * plan.least_yield,
        "text": plan.text,
        "language": plan.language,
        "category": plan.category,
        **written,
    }


def press(engineer: Client, number: int, fields: dict[str, object]) -> str:
    return page(engineer.post(f"/campaigns/{number}/change", fields, follow=True))


def test_the_form_shows_the_plan_and_an_untouched_one_changes_nothing() -> None:
    number = begin(violations=7, labels=0, text="knife", days=9, least_yield=0.025).campaign_id
    shown = page(client().get(f"/campaigns/{number}"))
    for value in ('name="number" min="1" value="7"', 'value="knife"', 'value="2.5"', 'value="9"'):
        assert value in shown
    before = planned(number)
    press(client(), number, form(before))
    assert planned(number) == before


def test_a_plan_is_changed_on_its_page() -> None:
    number = begin().campaign_id
    fields = form(planned(number), budget=4, source=["models", "nonsense"], retrain="on", days=3)
    assert "fewer moderators" in press(client(), number, fields)
    plan = planned(number)
    assert (plan.budget, plan.sources, plan.retrain, plan.days) == (4, (Source.MODELS,), True, 3)
    assert standing([number])[number].state == CampaignState.RUNNING


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ({"budget": 5_000}, "budget"),
        ({"budget": "x"}, "budget"),
        ({"least_yield": "1e3"}, "least_yield"),
        ({"least_yield": "100"}, "least_yield"),
        ({"until": "2020-01-01"}, "until"),
        ({"until": "soon"}, "plan"),
        ({"source": []}, "sources"),
        ({"days": 0}, "days"),
        ({"reason": " "}, "reason"),
        ({"text": "x" * 2_001}, "text"),
        ({"do": "burn"}, "do"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_carried_out_is_refused_by_name(
    written: dict[str, object], field: str
) -> None:
    number = begin().campaign_id
    before = planned(number)
    assert f"{field}: " in press(client(), number, form(before, **written))
    assert planned(number) == before


@pytest.mark.django_db(transaction=True)
def test_a_plan_is_changed_through_the_api() -> None:
    number = begin(violations=7, labels=0).campaign_id
    api = TestClient(application(Edge(), ASGIHandler()), base_url="http://localhost")

    def edit(topics: tuple[str, ...] = (), **body: object) -> Response:
        key = keys.create("shop", [Scope.CAMPAIGNS], TESTS, topics=topics)
        path, headers = f"/api/v1/campaigns/{number}:edit", {"Authorization": f"Bearer {key}"}
        return api.post(path, json={"reason": "a test", **body}, headers=headers)

    before = planned(number)
    assert edit(labels=50, language="ja").json()["plan"]["labels"] == 50
    changed = msgspec.structs.replace(before, labels=50, violations=0, language="ja")
    assert planned(number) == changed, "a goal of one kind takes the place of the other"
    for status, body in (
        (422, {"budget": 5_000}),
        (422, {"budget": 0}),
        (422, {"until": "2020-01-01"}),
        (422, {"name": "another"}),
        (404, {"topics": ("drugs",), "budget": 1}),
    ):
        assert edit(**body).status_code == status, body  # type: ignore[arg-type]  # of each its own
    assert planned(number) == changed
