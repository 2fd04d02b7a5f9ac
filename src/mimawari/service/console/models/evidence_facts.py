"""What spoke for a promotion, as facts to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.service.console.flat import Row, clipped, flat
from mimawari.service.trials.event_bodies import Concluded
from mimawari.service.trials.wording import points

if TYPE_CHECKING:
    from mimawari.records.json import JsonObject


class Evidence(msgspec.Struct, frozen=True):
    """The trial that decided, and what it found; a list of facts where it is of another form."""

    trial: int | None
    rows: list[Row]


def evidence_of(plain: JsonObject) -> Evidence | None:
    """Read what a generation keeps of its evidence; None where nothing spoke for it."""
    if not plain:
        return None
    number, findings = plain.get("trial"), plain.get("evidence")
    trial = number if isinstance(number, int) and 0 < number < 2**63 else None
    if trial is not None and isinstance(findings, dict):
        try:
            return Evidence(trial, _rows(msgspec.convert(findings, Concluded)))
        except msgspec.ValidationError:
            return Evidence(trial, flat(findings))
    return Evidence(trial, flat(plain))


def _rows(end: Concluded) -> list[Row]:
    low, high = end.interval
    gain = "–" if end.gain is None else points(end.gain)
    rows = [
        (_("Statement"), clipped(end.statement)),
        (_("Gain in points of Precision@K"), gain),
        (_("95 % sure"), f"{points(low)} … {points(high)}"),
        (_("Reviews"), f"{end.reviews:,}"),
        (_("Days"), f"{end.days:,}"),
        (_("Violations of the champion"), _of(end.champion)),
        (_("Violations of the candidate"), _of(end.candidate)),
        *((_("Check"), clipped(check)) for check in end.checks),
        (_("Evidence used again of trials"), ", ".join(map(str, end.used_again))),
    ]
    return [Row(name, value) for name, value in rows if value]


def _of(hits: tuple[int, int]) -> str:
    return _("%(hits)s of %(items)s") % {"hits": f"{hits[0]:,}", "items": f"{hits[1]:,}"}
