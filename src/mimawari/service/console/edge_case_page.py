"""What the page of a topic's edge cases shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.records.label import Verdict
from mimawari.service.accounts.permissions import Permission
from mimawari.service.console.topic_titles import titles_in_force
from mimawari.service.edge_cases.bank import listing_of
from mimawari.service.edge_cases.models import EdgeCase, Why

if TYPE_CHECKING:
    from datetime import datetime

    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.edge_cases.models import EdgeCaseEnd

MOST = 100


class EdgeCaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """An edge case as a line of the page; ``ended`` says how, and is empty while it judges."""

    number: int
    listing_id: str
    version: int
    title: str
    verdict: str
    why: str
    reason: str
    at: datetime
    by: str
    ended: str
    erased: bool


class EdgeCasesPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of cases, the newest first; ``older`` is where the next page begins."""

    rows: list[EdgeCaseLine]
    violating: int
    harmless: int
    older: int | None


def edge_cases_page(topic: str, before: int | None) -> EdgeCasesPage:
    """Give a page of a topic's cases, and how many judge."""
    cases = EdgeCase.objects.filter(topic=topic)
    judging = cases.filter(end=None).values_list("verdict", flat=True)
    violating = judging.filter(verdict=Verdict.VIOLATES.value).count()
    harmless = judging.exclude(verdict=Verdict.VIOLATES.value).count()
    rows = cases if before is None else cases.filter(pk__lt=before)
    page = list(rows.select_related("end").order_by("-pk")[: MOST + 1])
    shown = page[:MOST]
    return EdgeCasesPage(
        rows=[_line(case) for case in shown],
        violating=violating,
        harmless=harmless,
        older=shown[-1].pk if len(page) > MOST else None,
    )


def _line(case: EdgeCase) -> EdgeCaseLine:
    end: EdgeCaseEnd | None = getattr(case, "end", None)
    ended = "" if end is None else f"{end.actor}: {end.reason}"
    return EdgeCaseLine(
        number=case.pk,
        listing_id=case.listing_id,
        version=case.version,
        title=listing_of(case).title,
        verdict=verdict_text(case.verdict),
        why=why_text(case.why),
        reason=case.reason,
        at=case.added_at,
        by=case.actor,
        ended=ended,
        erased=end is not None and end.erased,
    )


def verdict_text(verdict: str) -> str:
    """Say a verdict in the user's language."""
    return _("violates") if verdict == Verdict.VIOLATES else _("does not violate")


def why_text(why: str) -> str:
    """Say in the user's language why a listing is hard."""
    names: dict[str, str] = {
        Why.MISSED.value: _("missed violation"),
        Why.FALSE_ALARM.value: _("false alarm"),
        Why.DISAGREEMENT.value: _("disagreement"),
        Why.DISGUISE.value: _("disguise"),
        Why.REPORTED.value: _("reported by hand"),
    }
    return names.get(why, why)


def edge_case_form(authority: Authority) -> dict[str, list[tuple[str, str]]]:
    """Give what the form on a listing's page offers; nothing to who may keep none."""
    if Permission.EDGE_CASES not in authority.permissions:
        return {}
    mine = [row for row in titles_in_force().items() if authority.concerns(row[0])]
    return {
        "hard_for": sorted(mine, key=lambda row: row[1]),
        "hard_reasons": [(why.value, why_text(why.value)) for why in Why],
    }
