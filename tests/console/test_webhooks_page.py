"""Webhook endpoints are seen and changed by administrators alone; secrets are never shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from tests.acting import TESTS

from mimawari.service.accounts import roles
from mimawari.service.audit.models import Event
from mimawari.service.delivery import endpoints
from mimawari.service.delivery.models import Delivery, DeliveryState, Endpoint, Receipt
from mimawari.service.delivery.sender import Sender

pytestmark = pytest.mark.django_db(transaction=True)
URL = "https://shop.example/moderation"


@pytest.fixture
def endpoint(generation: int) -> Endpoint:
    sender = Sender(resolver=lambda _: ["8.8.8.8"])
    made, _ = endpoints.add(URL, TESTS, description="<b>the shop</b>", sender=sender)
    now = timezone.now()
    Receipt.objects.create(
        endpoint=made, sequence=7, order_key="L1", at=now, seconds=0.2, delivered=False,
        status=503, problem="the server refused it", answer="<script>busy</script>",
    )  # fmt: skip
    Delivery.objects.create(
        endpoint=made, sequence=7, order_key="L1", state=DeliveryState.DEAD, attempts=9,
        due_at=now, problem="was refused",
    )  # fmt: skip
    return made


def log_in(name: str, role: str) -> Client:
    client = Client()
    client.force_login(roles.add(name, None, role, TESTS))
    return client


@pytest.mark.parametrize("role", ["moderator", "lead", "policy_editor", "ml_engineer", "auditor"])
def test_only_administrators_may(role: str, endpoint: Endpoint) -> None:
    client = log_in("ben", role)
    one = f"/webhooks/{endpoint.pk}"
    for answer in (client.get("/webhooks"), client.get(one), client.post(f"{one}/change")):
        assert answer.status_code == 403
    assert "Webhooks" not in client.get("/").text


def test_health_dead_letters_and_answers_are_shown_and_secrets_are_not(endpoint: Endpoint) -> None:
    client = log_in("anna", "admin")
    listed = client.get("/webhooks").text
    assert "&lt;b&gt;the shop&lt;/b&gt;" in listed
    assert "dead letters" in listed
    page = client.get(f"/webhooks/{endpoint.pk}").text
    assert URL in page
    assert "was refused" in page
    assert "&lt;script&gt;busy" in page
    assert "whsec_" not in page
    Endpoint.objects.update(failing_since=timezone.now())
    assert "failing" in client.get("/webhooks").text
    assert client.get("/webhooks/999").status_code == 404


def test_it_is_disabled_enabled_and_sent_to_once_more(endpoint: Endpoint) -> None:
    client = log_in("anna", "admin")
    change = f"/webhooks/{endpoint.pk}/change"
    sent = {"do": "disable", "reason": "moves house"}
    assert "Nothing more is sent" in client.post(change, sent, follow=True).text
    assert not Endpoint.objects.get().active
    assert "disabled" in client.get("/webhooks").text
    client.post(change, {"do": "enable", "reason": "is back"})
    assert Endpoint.objects.get().active
    since = f"{timezone.now() - timedelta(days=1):%Y-%m-%dT%H:%M}"
    Endpoint.objects.update(position=99)
    sent = {"do": "replay", "since": since, "reason": "they lost a day"}
    assert "is sent once more" in client.post(change, sent, follow=True).text
    assert not Delivery.objects.exists()
    kinds = Event.objects.filter(kind__startswith="webhook").order_by("pk")
    assert list(kinds.values_list("kind", flat=True))[1:] == [
        "webhook_disabled", "webhook_enabled", "webhook_replay",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"do": "replay", "since": "soon", "reason": "x"}, "is no time"),
        ({"do": "replay", "since": "", "reason": "x"}, "is no time"),
        ({"do": "replay", "since": "2999-01-01T00:00", "reason": "x"}, "name an earlier time"),
        ({"do": "disable", "reason": " "}, "is empty"),
        ({"do": "burn", "reason": "x"}, "is unknown"),
        ({}, "is unknown"),
    ],
)
def test_bad_input_is_told_and_changes_nothing(
    sent: dict[str, str], text: str, endpoint: Endpoint
) -> None:
    before = Event.objects.count()
    client = log_in("anna", "admin")
    events = Event.objects.count()
    assert events > before
    assert text in client.post(f"/webhooks/{endpoint.pk}/change", sent, follow=True).text
    assert Event.objects.count() == events
    assert Endpoint.objects.get().active
