"""Two models side by side: facts and settings that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.service.console.flat import Row
from mimawari.service.console.models.lineage_facts import facts, lineage_of, setting_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.records.lineage import Lineage
    from mimawari.service.catalogue.models import ModelVersion

ABSENT = "–"


class Pair(msgspec.Struct, frozen=True):
    """A fact of both models."""

    name: str
    a: str
    b: str


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between two models, and how much does not.

    Parameters
    ----------
    data_sets
        The versions of their data sets, where both have one and these differ.
    """

    facts: list[Pair]
    settings: list[Pair]
    same_facts: int
    same_settings: int
    data_sets: tuple[str, str] | None


def differences(a: ModelVersion, b: ModelVersion) -> Differences:
    """Compare what is known of two models."""
    of_a, of_b = lineage_of(a), lineage_of(b)
    lines, same_lines = pairs(_lines(a, of_a), _lines(b, of_b))
    settings, same_settings = pairs(setting_rows(a, of_a), setting_rows(b, of_b))
    differ = of_a.data_set and of_b.data_set and of_a.data_set != of_b.data_set
    return Differences(
        facts=lines,
        settings=settings,
        same_facts=same_lines,
        same_settings=same_settings,
        data_sets=(of_a.data_set or "", of_b.data_set or "") if differ else None,
    )


def pairs(a: Sequence[Row], b: Sequence[Row]) -> tuple[list[Pair], int]:
    """Give the rows that differ, and how many do not.

    Examples
    --------
    >>> pairs([Row("c", "1"), Row("seed", "0")], [Row("c", "2"), Row("seed", "0")])
    ([Pair(name='c', a='1', b='2')], 1)
    """
    of_a, of_b = ({row.name: row.value for row in rows} for rows in (a, b))
    both = [Pair(name, of_a.get(name, ABSENT), of_b.get(name, ABSENT)) for name in {**of_a, **of_b}]
    differing = [pair for pair in both if pair.a != pair.b]
    return differing, len(both) - len(differing)


def _lines(model: ModelVersion, lineage: Lineage) -> list[Row]:
    members = ", ".join(f"{name} ({m.kind})" for name, m in model.composition.members.items())
    return [
        Row(_("Topic"), model.topic),
        Row(_("Kind"), model.kind or ABSENT),
        Row(_("Members"), members or ABSENT),
        Row(_("Fingerprint"), model.fingerprint),
        Row(_("Data set"), lineage.data_set or ABSENT),
        Row(_("Registered by"), model.actor),
        *facts(lineage),
    ]
