"""An erasure removes the rows of every data set that has the seller; the cards stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from mimawari.datasets.folder import has_seller
from mimawari.service.audit.record import record
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.event_kinds import DATA_SET_ERASED, data_set_erasure_details
from mimawari.service.catalogue.models import DataSetErasure, DataSetVersion
from mimawari.service.data_sets.reading import artifact_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.records.principal import Principal


def versions_with(seller_id: str) -> Iterator[DataSetVersion]:
    """Yield the versions whose rows have a seller."""
    store = artifacts()
    for stored in DataSetVersion.objects.filter(erasure=None).order_by("pk"):
        name = artifact_name(stored.pk)
        if store.has(name) and has_seller(store.folder(name), seller_id):
            yield stored


def forget_seller(seller_id: str, principal: Principal, reason: str) -> int:
    """Remove the rows of every data set that has a seller; gives how many data sets.

    Stopped at any moment it may be called again: what is noted as removed is removed then.
    """
    count = 0
    for stored in versions_with(seller_id):
        with transaction.atomic():
            erasure = DataSetErasure.objects.create(
                data_set=stored, at=timezone.now(), actor=principal.name
            )
            details = data_set_erasure_details(erasure)
            record(DATA_SET_ERASED, stored.pk, principal, details, reason)
        count += 1
    for name in DataSetErasure.objects.values_list("pk", flat=True):
        artifacts().remove(artifact_name(name))
    return count
