"""What detectors see of stored listings: the pictures that were kept."""

from __future__ import annotations

import logging
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from mimawari.errors import MimawariError
from mimawari.listings.media.hashes import PdqHash
from mimawari.listings.media.ocr import MOST_CHARACTERS
from mimawari.listings.media.pictures import NO_PICTURES, Pictures
from mimawari.listings.media.store import MediaStore
from mimawari.service.media.models import Snapshot, SnapshotState
from mimawari.service.media.origins import keeps_pictures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.listings.listing import Listing
    from mimawari.listings.media.pictures import Picture

logger = logging.getLogger(__name__)
Key = tuple[str, int]
CHUNK = 4_000  # identifiers a query: SQLite allows 32,766
_COLUMNS = (
    "listing_version__listing_id",
    "listing_version__version",
    "picture_id",
    "picture__pdq",
    "picture__pdq_quality",
)


def store() -> MediaStore:
    """Give the folder of kept pictures, below the state folder."""
    return MediaStore(Path(settings.CONFIG.state_dir) / "media")


def pictures_of(listings: Sequence[Listing]) -> Pictures:
    """Give the kept pictures of stored listing versions; none where none are kept."""
    return StoredPictures(listings) if keeps_pictures() else NO_PICTURES


def picture_texts(versions: Sequence[int]) -> dict[int, str]:
    """Give what was read in the pictures of versions, by their numbers; nothing is left out."""
    if not (settings.CONFIG.image_text and keeps_pictures()):
        return {}
    rows = Snapshot.objects.filter(
        state=SnapshotState.KEPT, listing_version_id__in=versions, picture__text__gt=""
    ).order_by("listing_version_id", "position")
    texts: dict[int, list[str]] = defaultdict(list)
    for version, text in rows.values_list("listing_version_id", "picture__text"):
        if text and text not in texts[version]:  # the same picture twice says nothing twice
            texts[version].append(text)
    return {version: "\n".join(parts)[:MOST_CHARACTERS] for version, parts in texts.items()}


class StoredPictures:
    """Kept pictures of a batch: looked up with one query once any is asked for.

    Parameters
    ----------
    listings
        The versions that will be asked for.
    """

    def __init__(self, listings: Sequence[Listing]) -> None:
        self._wanted = {(listing.id, listing.version) for listing in listings}
        self._by_listing: dict[Key, list[tuple[str, PdqHash]]] | None = None
        self._store = store()

    def of(self, listing: Listing) -> tuple[Picture, ...]:
        """Decode those of a listing, in its order; what is damaged is left out."""
        decoded = (self._picture(sha256) for sha256, _ in self._rows(listing))
        return tuple(picture for picture in decoded if picture is not None)

    def hashes(self, listing: Listing) -> tuple[PdqHash, ...]:
        """Give their hashes as they were stored: nothing is decoded."""
        return tuple(known for _, known in self._rows(listing))

    def _rows(self, listing: Listing) -> list[tuple[str, PdqHash]]:
        return self._all().get((listing.id, listing.version), [])

    def __len__(self) -> int:
        """Count the listings that have any."""
        return len(self._all())

    def _all(self) -> dict[Key, list[tuple[str, PdqHash]]]:
        if self._by_listing is None:
            self._by_listing = self._query()
        return self._by_listing

    def _query(self) -> dict[Key, list[tuple[str, PdqHash]]]:
        rows_by_listing: dict[Key, list[tuple[str, PdqHash]]] = defaultdict(list)
        ids = sorted({listing_id for listing_id, _ in self._wanted})
        for start in range(0, len(ids), CHUNK):
            rows = Snapshot.objects.filter(
                state=SnapshotState.KEPT,
                listing_version__listing_id__in=ids[start : start + CHUNK],
            ).order_by("listing_version_id", "position")
            for listing_id, version, sha256, bits, quality in rows.values_list(*_COLUMNS):
                if (listing_id, version) in self._wanted and sha256 is not None:
                    known = PdqHash(bytes(bits or bytes(32)), quality)
                    rows_by_listing[listing_id, version].append((sha256, known))
        return rows_by_listing

    def _picture(self, sha256: str) -> Picture | None:
        from mimawari.listings.media.decode import decode  # Pillow only where pictures are

        try:
            data = self._store.get(sha256)
            if data is not None:
                return decode(data, sha256)
            logger.error("picture %s is gone from %s", sha256, self._store.folder)
        except MimawariError as error:
            logger.error("a kept picture is left out: %s", error)  # noqa: TRY400  # says it all
        return None
