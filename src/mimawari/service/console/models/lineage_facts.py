"""What a model was made from, in words: facts to read, and settings that are folded away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.records.lineage import Lineage
from mimawari.service.console.flat import Row, clipped, flat

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.records.composition import Member
    from mimawari.records.json import JsonObject
    from mimawari.service.catalogue.models import ModelVersion

SHORT = 12
"""Digits that are enough to tell two hashes apart."""


# An ensemble's own lineage does not repeat them.
OF_MEMBERS = ("package", "topics", "rows", "positives", "sellers", "prevalence")


class Folded(msgspec.Struct, frozen=True):
    """A table that opens below its title."""

    title: str
    rows: list[Row]


def lineage_of(model: ModelVersion) -> Lineage:
    """Give what a model was made from; of an ensemble also what all its members say alike."""
    first, *rest = [
        Lineage.of(member.lineage).plain() for member in model.composition.members.values()
    ] or [{}]
    alike: JsonObject = {
        name: first[name]
        for name in OF_MEMBERS
        if name in first and all(facts.get(name) == first[name] for facts in rest)
    }
    return Lineage.of(alike).joined(Lineage.of(model.lineage))


def facts(lineage: Lineage) -> list[Row]:
    """Give the facts that are known, in the order of a training."""
    return [Row(name, clipped(text)) for name, text in _facts(lineage) if text]


def _facts(lineage: Lineage) -> Iterator[tuple[str, str]]:
    yield _("Trained by"), lineage.by or ""
    yield _("Trained at"), _minute(lineage.at)
    yield _("Code"), lineage.package or ""
    yield _("Labels until"), _minute(lineage.labels_until)
    yield _("Listings learnt from"), _count(lineage.rows)
    yield _("of these violate"), _count(lineage.positives)
    yield _("Sellers"), _count(lineage.sellers)
    prevalence = lineage.prevalence
    yield _("Share of violations there"), "" if prevalence is None else f"{prevalence:.2%}"
    yield _("Trained together"), ", ".join(lineage.topics or ())
    yield _("Listings and labels (SHA-256)"), lineage.data or ""
    yield _("Encoder (SHA-256)"), lineage.encoder or ""
    yield _("Trees that serve"), _count(lineage.rounds)
    yield _("Why trees do not serve"), lineage.dropped or ""


def folded(model: ModelVersion, lineage: Lineage) -> list[Folded]:
    """Give what is long: settings, the comparison of kinds, copies, what else is noted, members."""
    tables = [
        Folded(_("Settings"), _flat(lineage.settings)),
        Folded(_("How the kind was chosen"), _flat(lineage.chosen)),
        Folded(_("Disguised copies"), _flat(lineage.copies)),
        Folded(_("Notes"), _flat(lineage.notes)),
        *(_member(name, member) for name, member in model.composition.members.items()),
    ]
    return [table for table in tables if table.rows]


def setting_rows(model: ModelVersion, lineage: Lineage) -> list[Row]:
    """Give all settings, those of an ensemble's members under their names."""
    rows = _flat(lineage.settings)
    for name, member in model.composition.members.items():
        settings = Lineage.of(member.lineage).settings
        rows += [Row(f"{name}: {row.name}", row.value) for row in _flat(settings)]
    return rows


def _member(name: str, member: Member) -> Folded:
    lineage = Lineage.of(member.lineage)
    own = [
        Row(_("Version"), member.version),
        Row(_("Kind"), member.kind),
        Row(_("Fingerprint"), member.fingerprint),
    ]
    title = _("Member %(name)s") % {"name": clipped(name)}
    return Folded(title, [*own, *facts(lineage), *_flat(lineage.settings)])


def _flat(values: JsonObject | None) -> list[Row]:
    return flat(values) if values else []


def _minute(text: str | None) -> str:
    """Write a time as pages do; what is none as it stands."""
    try:
        return f"{datetime.fromisoformat(text or '').astimezone(UTC):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return text or ""


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
