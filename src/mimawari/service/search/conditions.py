"""Conditions of a question that are the same SQL on both engines."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from mimawari.service.search.index import Span, Wanted

Parameter: TypeAlias = int | str | date
# Cases that wait keep what was said of them.
_SETTLED = """NOT EXISTS (SELECT 1 FROM admission_alert AS waiting
    WHERE waiting.listing_version_id = d.id AND waiting.state IN ('open', 'escalated'))"""


def conditions(wanted: Wanted, span: Span, contains: str) -> tuple[list[str], list[Parameter]]:
    """Give conditions on a document ``d`` with their parameters; tokens are not among them.

    Parameters
    ----------
    contains
        The engine's function that gives the place of a text in another.
    """
    sql, parameters = ["d.id BETWEEN %s AND %s"], list[Parameter]([span.low, span.high])
    if wanted.first_day is not None:
        sql.append("d.day >= %s")
        parameters.append(wanted.first_day)
    if wanted.last_day is not None:
        sql.append("d.day <= %s")
        parameters.append(wanted.last_day)
    for part in wanted.parts:
        sql.append(f"{contains}(d.folded, %s) > 0")
        parameters.append(part)
    if wanted.settled:
        sql.append(_SETTLED)
    return sql, parameters
