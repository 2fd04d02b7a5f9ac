"""Rows of the tables on a topic's quality page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.service.console.quality_texts import kind_text, share, slice_text

if TYPE_CHECKING:
    from mimawari.evaluation.reliability import Bin
    from mimawari.evaluation.slices import Slice
    from mimawari.service.monitoring.quality import Moderator


class ModeratorRow(msgspec.Struct, frozen=True):
    """A moderator; golden items and error rates as they are written, a rate beside its name."""

    row: Moderator
    golden: str
    rates: list[tuple[str, str]]

    @classmethod
    def of(cls, moderator: Moderator) -> ModeratorRow:
        """Write one; a dash where nothing was measured."""
        asked, measured = moderator.golden_items, bool(moderator.shared)
        golden = f"{share(moderator.golden)} / {asked}" if asked else "–"
        named = (
            (_("Sensitivity"), moderator.sensitivity),
            (_("Specificity"), moderator.specificity),
        )
        rates = [(name, f"{rate:.2f}" if measured else "–") for name, rate in named]
        return cls(moderator, golden, rates)


class BinRow(msgspec.Struct, frozen=True):
    """Listings of about the same score: their mean score, and the share that violates."""

    n: int
    score: str
    rate: str

    @classmethod
    def of(cls, part: Bin) -> BinRow:
        """Write one."""
        return cls(part.n, f"{100 * part.score:.3g} %", share(part.rate))


class SliceRow(msgspec.Struct, frozen=True):
    """A slice of the list, and how precise it is there."""

    row: Slice
    kind: str
    name: str
    precision: str

    @classmethod
    def of(cls, part: Slice) -> SliceRow:
        """Write one."""
        return cls(part, kind_text(part.kind), slice_text(part.name), share(part.precision))
