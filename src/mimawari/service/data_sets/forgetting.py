"""An erasure removes the rows of every data set that has the seller; the cards stay.

Files are looked through, not the rows of the database: a data set that is being made, or whose
making was killed, has files and no row yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from mimawari.datasets.folder import LISTINGS, has_seller
from mimawari.service.audit.record import record
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.event_kinds import DATA_SET_ERASED, data_set_erasure_details
from mimawari.service.catalogue.models import DataSetErasure, DataSetVersion
from mimawari.service.data_sets.reading import FOLDER, artifact_name
from mimawari.service.intake.models import ListingVersion
from mimawari.service.review.models import ImportedListing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mimawari.records.principal import Principal

CHUNK = 500


def artifacts_with(seller_id: str) -> Iterator[str]:
    """Yield the names of the data sets' files that have a seller."""
    store = artifacts()
    for name in store.names(FOLDER):
        folder = store.folder(name)
        if (folder / LISTINGS).exists() and has_seller(folder, seller_id):
            yield name


def forget_seller(seller_id: str, principal: Principal, reason: str) -> int:
    """Remove the rows of every data set that has a seller; gives how many.

    Stopped at any moment it may be called again. Whatever is made of rows that were read before
    the seller was erased is seen by `erased_meanwhile`, or by a second call after the erasure.
    """
    count = 0
    for name in artifacts_with(seller_id):
        stored = DataSetVersion.objects.filter(pk=name.rpartition("/")[2], erasure=None).first()
        if stored is not None:
            note_erasure(stored, principal, reason)
        artifacts().remove(name)
        count += 1
    return count


def note_erasure(stored: DataSetVersion, principal: Principal, reason: str) -> None:
    """Note that a data set's rows are removed."""
    with transaction.atomic():
        erasure = DataSetErasure.objects.create(
            data_set=stored, at=timezone.now(), actor=principal.name
        )
        details = data_set_erasure_details(erasure)
        record(DATA_SET_ERASED, stored.pk, principal, details, reason)


def remove_if_erased(
    stored: DataSetVersion, sellers: Collection[str], principal: Principal
) -> bool:
    """Remove the rows of a data set of which a seller was erased while it was made."""
    if not erased_meanwhile(sellers):
        return False
    note_erasure(stored, principal, "a seller was erased while it was made")
    artifacts().remove(artifact_name(stored.pk))
    return True


def erased_meanwhile(sellers: Collection[str]) -> bool:
    """Whether nothing is left of one of these sellers: what was erased names none."""
    wanted = sorted(sellers)
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        left = set(part)
        for model in (ListingVersion, ImportedListing):
            rows = model.objects.filter(seller_id__in=part)
            left -= set(rows.values_list("seller_id", flat=True).distinct())
        if left:
            return True
    return False
