"""Erase a seller: their listing versions a few at a time, each with all that was made of it."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from django.db import connection, transaction

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.accounts.authority import require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.catalogue.seller_policy import erase_standings
from mimawari.service.data_sets import forgetting as data_sets
from mimawari.service.edge_cases import erasing as edge_cases
from mimawari.service.erasure.pace import Pace
from mimawari.service.erasure.tally import Tally, count
from mimawari.service.erasure.versions import erase_versions
from mimawari.service.history import erasing as history
from mimawari.service.intake.models import ListingVersion
from mimawari.service.monitoring import figures
from mimawari.service.review.models import ImportedListing
from mimawari.service.review.written import erase_imported
from mimawari.service.search.forget import forget_seller

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.records.principal import Principal

# SQLite's other writers look at least as often whether they may begin.
PAUSE_SECONDS = 0.1


def erase_seller(
    seller_id: str,
    principal: Principal,
    reason: str,
    *,
    dry_run: bool = False,
    progress: Callable[[Tally, int], None] = lambda *_: None,
) -> Tally:
    """Take out what a seller wrote and shows; decisions and scores stay, they are numbers.

    May be stopped at any moment and run again: a version is erased with all that was made of it,
    or still the seller's. What was learnt from the texts is not undone.

    Parameters
    ----------
    dry_run
        Whether to count only.
    progress
        Is told after every transaction what was erased, and how many versions are left.

    Raises
    ------
    ForbiddenError
        The principal may not.
    InvalidInputError
        No listing is of this seller, or the reason is empty or names the seller.
    """
    require(principal, Permission.ERASURE)
    _refuse(seller_id, reason)
    left = _versions_of(seller_id)
    along = ImportedListing.objects.filter(seller_id=seller_id)
    elsewhere = along.exists() or edge_cases.count_of(seller_id) > 0
    if not left and not elsewhere and not any(history.files_with(seller_id)):
        problem = f"no listing is of {seller_id!r}"
        remedy = "give it as listings name it (seller_id); what was erased names no seller"
        raise InvalidInputError(FieldProblem("seller", problem, remedy))
    if dry_run:
        return count(seller_id)
    tally, pace, discarded = Tally(), Pace(), set[str]()
    # First: repeated after a stop, an erasure looks for the seller's listings.
    tally.data_sets = data_sets.forget_seller(seller_id, principal, reason.strip())
    tally.add_history(history.forget_seller(seller_id, principal, reason.strip()))
    tally.edge_cases = edge_cases.forget_seller(seller_id, principal, reason.strip())
    with transaction.atomic():
        tally.imported = erase_imported(seller_id, principal, reason.strip())
        erase_standings(seller_id, principal, reason.strip())
    while left or (left := _versions_of(seller_id)):
        numbers, left = left[: pace.versions], left[pace.versions :]
        began = time.monotonic()
        with transaction.atomic():
            part = erase_versions(seller_id, numbers, principal, reason.strip())
            if not left:
                discarded |= figures.discard()
                forget_seller(seller_id, principal, reason.strip())
        pace.took(time.monotonic() - began)
        tally.add(part)  # once it is committed
        progress(tally, len(left))
        if connection.vendor == "sqlite":
            time.sleep(PAUSE_SECONDS)
    # Again: one may have been made of rows that were read before.
    tally.data_sets += data_sets.forget_seller(seller_id, principal, reason.strip())
    tally.add_history(history.forget_seller(seller_id, principal, reason.strip()))
    tally.edge_cases += edge_cases.forget_seller(seller_id, principal, reason.strip())
    figures.make_again(discarded)
    return tally


def _refuse(seller_id: str, reason: str) -> None:
    if not seller_id.strip():
        remedy = "give it as listings name it (seller_id)"
        raise InvalidInputError(FieldProblem("seller", "is empty", remedy))
    if not reason.strip():
        raise InvalidInputError(FieldProblem("reason", "is empty", "say why; the ledger keeps it"))
    if re.search(rf"(?<!\w){re.escape(seller_id)}(?!\w)", reason, re.IGNORECASE):
        problem, remedy = "names the seller", "leave the name out; the ledger keeps the reason"
        raise InvalidInputError(FieldProblem("reason", problem, remedy))


def _versions_of(seller_id: str) -> list[int]:
    rows = ListingVersion.objects.filter(seller_id=seller_id)
    return sorted(rows.values_list("pk", flat=True))
