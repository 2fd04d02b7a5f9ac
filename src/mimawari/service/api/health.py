"""The health answer: cheap to give, and true of every role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from mimawari.service.api.store import connected
from mimawari.service.intake import log
from mimawari.service.platform import durability, presence
from mimawari.service.scoring.models import Candidate, CandidateState
from mimawari.service.search.state import Freshness, freshness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.suite import Suite


class Health(msgspec.Struct, frozen=True):
    """The state of the installation as this edge sees it.

    Parameters
    ----------
    pending, candidates
        Listing versions that wait to be scored, and candidates that wait to be admitted.
    status
        Degraded where a needed role is missing: intake goes on, and something waits.
    generation, absent_models
        In force in this process.
    search
        How complete the index is that searches read.
    warnings
        What makes a 202 worth less than it says: a store that does not wait for its disk.
    """

    status: Literal["ok", "degraded"]
    missing: list[str]
    pending: int
    candidates: int
    generation: int | None
    absent_models: list[str]
    roles: dict[str, presence.RoleHealth]
    search: Freshness
    warnings: list[str]


def tell(suite: Suite | None, needed: Sequence[str]) -> Health:
    """Look into the store."""
    with connected():
        pending = log.pending_count()
        candidates = Candidate.objects.filter(state=CandidateState.WAITING).count()
        present = presence.processes()
        index = freshness()
        warnings = [str(warning) for warning in durability.warnings()]
    missing = presence.missing(needed, present)
    return Health(
        "degraded" if missing else "ok",
        missing,
        pending,
        candidates,
        suite.generation if suite else None,
        sorted({*suite.absent, *suite.notices}) if suite else [],
        presence.by_role(needed, present),
        index,
        warnings,
    )
