"""What a second stage made of a listing, in the user's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from mimawari.service.admission.stage_terms import BELOW, BUDGET

if TYPE_CHECKING:
    from mimawari.service.admission.second_stage_reading import SecondStageRank


def second_stage_text(rank: SecondStageRank) -> str:
    """Say what was asked, answered and made of it, in a line."""
    return " · ".join(part for part in (_answered(rank), _ranked(rank), rank.stage) if part)


def _answered(rank: SecondStageRank) -> str:
    if rank.clauses:
        return ", ".join(f"{key} {value:g}/100" for key, value in rank.clauses.items())
    if rank.unasked:
        return {
            BELOW: _("not asked about: below the best of the day before"),
            BUDGET: _("not asked about: the day's budget is spent"),
        }[rank.unasked]
    if rank.answered_at is not None:
        return _("no answer")
    return _("not answered yet")


def _ranked(rank: SecondStageRank) -> str:
    if rank.place == "out":
        return _("not among the best of its day any more")
    if rank.place == "held":
        at = f"{rank.due_at:%Y-%m-%d %H:%M:%S}"
        return _("waits until %(at)s at the latest") % {"at": at}
    if rank.rank is None or not rank.clauses:
        return _("ranked by the first stage: %(score)s") % {"score": f"{rank.score:.1%}"}
    weights = _("weights %s") % rank.weights if rank.weights else _("default weights")
    change = {"score": f"{rank.score:.1%}", "rank": f"{rank.rank:.1%}", "weights": weights}
    return _("%(score)s became %(rank)s by %(weights)s") % change
