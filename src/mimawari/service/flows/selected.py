"""The listings that a selection chose, read anew: what was erased since is not among them."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mimawari.datasets.history.files import read_among
from mimawari.datasets.history.sent import sent_rows
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.flows.selection.stages import SELECTION
from mimawari.flows.selection_records import Selection
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.flows.exporting import folder_of
from mimawari.service.history.days import closed_days, file_of
from mimawari.service.intake.scored import scored_listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.flows.selection_records import ChosenVersion
    from mimawari.listings.listing import Listing
    from mimawari.records.principal import Principal
    from mimawari.service.flows.models import FlowRun


def selected(run: FlowRun, topic: str, actor: Principal) -> Iterator[tuple[Listing, ChosenVersion]]:
    """Yield what a run chose of a topic, day by day, as it was scored.

    Raises
    ------
    InvalidInputError
        The run chose nothing of the topic, its files are not here, or a day was removed.
    ForbiddenError
        The actor may not export listings of the topic.
    """
    require(actor, Permission.EXPORT, topic)
    folder = folder_of(run)
    if not (folder.topic(topic) / SELECTION).exists():
        remedy = "name a run of 'mimawari flow run select' on this host, and its topic"
        raise InvalidInputError(FieldProblem(run.pk, f"has chosen nothing of {topic}", remedy))
    chosen = folder.read(f"topics/{topic}/{SELECTION}", Selection).chosen
    return _listings(chosen)


def _listings(chosen: tuple[ChosenVersion, ...]) -> Iterator[tuple[Listing, ChosenVersion]]:
    days = {row.day: row for row in closed_days()}
    ordered = sorted(chosen, key=lambda version: (version.day, version.number))
    for day, of_day in groupby(ordered, key=lambda version: version.day):
        wanted = {version.number: version for version in of_day}
        if day not in days:
            remedy = "start a new run"
            raise InvalidInputError(FieldProblem(str(day), "was removed since", remedy))
        for row in sent_rows(read_among(file_of(days[day], "sent"), "number", sorted(wanted))):
            if not row.erased:
                yield scored_listing(row.payload, row.picture_text), wanted[row.number]
