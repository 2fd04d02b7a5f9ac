"""Slots, kinds of change and stretches of time in the user's language."""

from __future__ import annotations

import msgspec
from django.utils.translation import gettext as _

from mimawari.records.deployment import Deployment, Slot
from mimawari.records.topic_change import Changed

NONE = "none"
IN_FORCE = "in_force"


class ShownSlot(msgspec.Struct, frozen=True):
    """A slot as a page shows it; ``kind`` names its style."""

    kind: str
    text: str

    @classmethod
    def of(cls, deployment: Deployment | None) -> ShownSlot:
        """Name the slot of a deployment, or none."""
        if deployment is None:
            return cls(NONE, slot_text(NONE))
        return cls(deployment.slot, slot_text(deployment.slot, deployment.share))


def slot_text(slot: str, share: float = 1.0) -> str:
    """Name a slot; of a canary, with its share of the sellers."""
    if slot == Slot.CANARY and share < 1:
        return _("canary, %(share)s of the sellers") % {"share": f"{share:.0%}"}
    return {
        Slot.CHAMPION: _("champion"),
        Slot.CANARY: _("canary"),
        Slot.SHADOW: _("shadow"),
        IN_FORCE: _("any slot"),
        NONE: _("not deployed"),
    }[slot]


def changed_text(what: str) -> str:
    """Name what is in force otherwise than before; a later version may know more of it."""
    names: dict[str, str] = {
        Changed.TOPIC_FILE: _("policy"),
        Changed.CHAMPION: _("champion"),
        Changed.BESIDE: _("models beside it"),
        Changed.CAPACITY: _("capacity"),
        Changed.TRIAL: _("comparison"),
        Changed.RULE_PRECISIONS: _("measured rules"),
        Changed.BANKS: _("picture banks"),
        Changed.READINGS: _("readings"),
        Changed.WITHDRAWN: _("withdrawn"),
        Changed.SECOND_STAGE: _("second stage"),
    }
    return names.get(what, what)
