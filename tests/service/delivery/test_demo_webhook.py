"""The demo's own marketplace takes what is signed for it, once, and shows it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from tests.acting import TESTS
from tests.service.delivery.conftest import alerts, decide, work_off

from mimawari.cli.demo_webhook import Marketplace, receiving
from mimawari.service.delivery import endpoints
from mimawari.service.delivery.models import Endpoint
from mimawari.service.delivery.relay import Relay
from mimawari.service.delivery.sender import Sender

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("generation")]


def test_what_the_demo_shows(relay: Relay, sender: Sender, anna: User) -> None:
    shown: list[str] = []
    marketplace = Marketplace(shown.append)
    with receiving(marketplace) as address:
        endpoint, secret = endpoints.add(address, TESTS, sender=sender)
        alerts(2)
        decide(anna)
        work_off(relay)
        assert marketplace.events == {}  # it does not know the secret yet
        marketplace.secret = secret
        Endpoint.objects.update(failures=0, resting_until=None)
        endpoint.deliveries.update(due_at=endpoint.created_at)
        work_off(relay)
        assert len(marketplace.events) == 3
        assert marketplace.summary().startswith("Webhooks received, signatures verified: 3.")
    (line,) = shown
    assert line.startswith("webhook received, signature verified: decision.made, listing L")
    assert line.endswith(", weapons, violates")
