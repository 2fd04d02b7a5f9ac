"""What the ledger is told of endpoints, and how their rows are checked."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.records.event import register
from mimawari.records.principal import Principal
from mimawari.service.audit.rows import compare_rows
from mimawari.service.delivery.models import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

RELAY = Principal("system", "relay", "relay")


class EndpointDetails(msgspec.Struct, frozen=True):
    """An endpoint as it is after the event; of its secrets only that they are the same ones."""

    url: str
    description: str
    types: tuple[str, ...]
    active: bool
    sealed_secrets_sha256: str


class ReplayDetails(msgspec.Struct, frozen=True):
    """From which time, and so from which place of the ledger, events are sent once more."""

    since: datetime
    place: int


WEBHOOK = register("webhook", EndpointDetails, "delivery.Endpoint")
WEBHOOK_SECRET = register("webhook_secret", EndpointDetails, "delivery.Endpoint")
WEBHOOK_ENABLED = register("webhook_enabled", EndpointDetails, "delivery.Endpoint")
WEBHOOK_DISABLED = register("webhook_disabled", EndpointDetails, "delivery.Endpoint")
WEBHOOK_REPLAY = register("webhook_replay", ReplayDetails)


def endpoint_details(row: Endpoint) -> EndpointDetails:
    """Say what an endpoint's event says."""
    digest = hashlib.sha256(bytes(row.secrets)).hexdigest()
    return EndpointDetails(row.url, row.description, tuple(row.types), row.active, digest)


def _endpoints() -> Iterator[tuple[str, EndpointDetails]]:
    for row in Endpoint.objects.order_by("pk").iterator():
        yield str(row.pk), endpoint_details(row)


compare_rows("delivery.Endpoint", _endpoints, changes=True)
