"""Forget kept pictures that no listing version shows any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.service.media.models import Picture, Snapshot
from mimawari.service.media.pictures import store

if TYPE_CHECKING:
    from collections.abc import Collection


def remove_unused(names: Collection[str]) -> set[str]:
    """Remove those of kept pictures, row and file, that no snapshot names; gives which.

    Call it within the transaction that deletes snapshots. Files go before it is committed: after
    a kill the rows are still there, and the next call removes what is left.
    """
    # Locked first: who notes such a picture meanwhile waits, and is refused once its row is gone.
    rows = Picture.objects.select_for_update().filter(pk__in=names).order_by("pk")
    held = list(rows.values_list("pk", flat=True))
    used = Snapshot.objects.filter(picture_id__in=held).values_list("picture_id", flat=True)
    unused = set(held) - set(used.distinct())
    Picture.objects.filter(pk__in=unused).delete()
    kept = store()
    for name in sorted(unused):
        kept.remove(name)
    return unused
