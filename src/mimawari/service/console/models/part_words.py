"""What models stand on, in the user's language."""

from __future__ import annotations

import msgspec
from django.utils.translation import gettext as _

from mimawari.records.composition import PartKind
from mimawari.service.catalogue.parts import parts_of_model


class ShownPart(msgspec.Struct, frozen=True):
    """A part; ``filter`` is what the list of models takes to find all that stand on it."""

    kind: str
    name: str
    filter: str


def shown_parts(version: str) -> list[ShownPart]:
    """Give the parts of a model."""
    return [
        ShownPart(kind_text(part.kind), part.name, str(part)) for part in parts_of_model(version)
    ]


def kind_text(kind: PartKind) -> str:
    """Name a kind of part."""
    return {
        PartKind.FEATURE: _("feature"),
        PartKind.ENCODER: _("encoder"),
        PartKind.READINGS: _("readings"),
        PartKind.DATA_SET: _("data set"),
        PartKind.MEMBER: _("member"),
        PartKind.FLOW_RUN: _("flow run"),
        PartKind.PACKAGE: _("package"),
    }[kind]
