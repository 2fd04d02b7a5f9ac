"""The same picture at other sellers: the same bytes, or nearly the same to look at."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from mimawari.listings.duplicates.images import ImageIndex
from mimawari.listings.media.hashes import MOST_DISTANCE
from mimawari.service.media.models import Picture, Snapshot, SnapshotState

if TYPE_CHECKING:
    from datetime import datetime

MOST_PICTURES = 500  # nearest ones that are looked for: a stock photograph may be everywhere
MOST_SHOWN = 5
# Rows are committed in another order than that of their times, but hardly later than this.
OVERLAP = timedelta(minutes=1)
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Alike:
    """How many other sellers show a picture, and the newest of their listings."""

    sellers: int
    listings: tuple[str, ...]


class KnownPictures:
    """The hashes of all kept pictures, in memory: 72 bytes each."""

    def __init__(self) -> None:
        self._index, self._names = ImageIndex(), bytearray()
        self._newest: datetime | None = None
        self._recent: set[str] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._names) // _BYTES

    def refresh(self) -> None:
        """Read what came since the last time."""
        with self._lock:
            rows = Picture.objects.exclude(pdq=None).order_by("first_seen_at")
            if self._newest is not None:
                rows = rows.filter(first_seen_at__gte=self._newest - OVERLAP)
            recent: dict[str, datetime] = {}
            names = ("sha256", "pdq", "first_seen_at")
            for sha256, bits, at in rows.values_list(*names).iterator(chunk_size=2_000):
                if sha256 not in self._recent:
                    self._index.add(len(self), bytes(bits))
                    self._names += bytes.fromhex(sha256)
                self._newest = at
                recent[sha256] = at
            if self._newest is not None:
                since = self._newest - OVERLAP
                self._recent = {sha256 for sha256, at in recent.items() if at >= since}

    def near(self, bits: bytes) -> list[str]:
        """Give the pictures within the distance at which two are called the same."""
        with self._lock:
            distances = self._index.near(bits, MOST_DISTANCE)
            rows = sorted(distances, key=lambda row: (distances[row], row))[:MOST_PICTURES]
            return [self._names[_BYTES * row : _BYTES * (row + 1)].hex() for row in rows]


known_pictures = KnownPictures()


def alike(picture: Picture, seller_id: str) -> Alike:
    """Find the other sellers who show a picture."""
    names = {picture.sha256}
    if picture.pdq is not None:
        known_pictures.refresh()
        names.update(known_pictures.near(bytes(picture.pdq)))
    others = Snapshot.objects.filter(state=SnapshotState.KEPT, picture_id__in=names).exclude(
        listing_version__seller_id=seller_id
    )
    newest = others.order_by("-listing_version_id").values_list(
        "listing_version__seller_id", "listing_version__listing_id"
    )
    rows = list(newest)
    listings = tuple(dict.fromkeys(listing for _, listing in rows))
    return Alike(len({seller for seller, _ in rows}), listings[:MOST_SHOWN])
