"""A test of an endpoint: one event that tells of nothing, sent now, once."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from mimawari.records.outgoing import Greeting, WebhookTest, encoded
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.delivery.endpoints import find
from mimawari.service.delivery.sender import Attempt, Sender
from mimawari.service.platform import clock

if TYPE_CHECKING:
    from mimawari.records.principal import Principal

MESSAGE = "This endpoint receives events of mimawari."


def send_test(
    number: int, actor: Principal, message: str = MESSAGE, sender: Sender | None = None
) -> Attempt:
    """Send a test, and give what came back."""
    require(actor, Permission.WEBHOOKS)
    endpoint = find(number)
    name = f"evt_test_{secrets.token_hex(8)}"
    event = WebhookTest(name, clock.database_now(), Greeting(message))
    return (sender or Sender()).send(endpoint.url, name, encoded(event), bytes(endpoint.secrets))
