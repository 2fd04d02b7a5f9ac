"""The earlier listings of other sellers that a listing is near to, by text or by picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.duplicates.images import BYTES, ImageIndex
from mimawari.listings.duplicates.shingles import digests
from mimawari.listings.duplicates.texts import TextIndex
from mimawari.listings.media.hashes import MOST_DISTANCE
from mimawari.listings.normalise import canonical

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mimawari.listings.listing import Listing

LEAST_SIMILARITY = 0.7


@dataclass(frozen=True, slots=True)
class Match:
    """An earlier listing of another seller.

    Parameters
    ----------
    similarity
        Estimated Jaccard similarity of the texts; None below the threshold.
    distance
        Least distance of two pictures, in bits of 256; None above the threshold.
    """

    listing_id: str
    seller_id: str
    similarity: float | None
    distance: int | None


@dataclass(frozen=True, slots=True)
class Nearness:
    """How many earlier listings are near, and how many of them were found to violate."""

    listings: int
    violating: int

    def __str__(self) -> str:
        return (
            f"near to {self.listings} earlier listings of other sellers, "
            f"{self.violating} of which were found to violate"
        )


def nearness(matches: Sequence[Match], violating: Container[str]) -> Nearness:
    """Count matches, and those whose listing ids are among the violating.

    Examples
    --------
    >>> print(nearness([Match("1", "s", 0.9, None), Match("2", "s", None, 4)], {"2"}))
    near to 2 earlier listings of other sellers, 1 of which were found to violate
    """
    return Nearness(len(matches), sum(match.listing_id in violating for match in matches))


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What is kept of a listing: who offered it, the sketch of its text, its pictures' hashes."""

    listing_id: str
    seller_id: str
    digest: NDArray[np.uint32] | None
    hashes: tuple[bytes, ...]


class DuplicateIndex:
    """Listings that came earlier, to be asked which are near to a new one.

    A seller who relists own goods is no match: only listings of others are.

    Examples
    --------
    >>> from mimawari.listings.listing import Listing
    >>> index = DuplicateIndex()
    >>> index.add(Listing(id="1", version=1, seller_id="a", title="Air gun, as new, with case"))
    >>> index.near(Listing(id="2", version=1, seller_id="b", title="AIR GUN, as new, with case"))
    [Match(listing_id='1', seller_id='a', similarity=1.0, distance=None)]
    """

    def __init__(
        self, least_similarity: float = LEAST_SIMILARITY, most_distance: int = MOST_DISTANCE
    ) -> None:
        self._least, self._most = least_similarity, most_distance
        self.entries: list[Entry] = []
        self._texts, self._images = TextIndex(), ImageIndex()

    def __len__(self) -> int:
        return len(self.entries)

    def add(self, listing: Listing, hashes: Iterable[bytes] = ()) -> None:
        """Keep a listing and the PDQ hashes, 32 bytes each, of its pictures.

        Raises
        ------
        InvalidInputError
            A hash of another length.
        """
        self.keep(self._entry(listing, hashes))

    def keep(self, entry: Entry) -> None:
        """Keep what is known of a listing."""
        row = len(self.entries)
        self.entries.append(entry)
        if entry.digest is not None:
            self._texts.add(row, entry.digest)
        for image_hash in entry.hashes:
            self._images.add(row, image_hash)

    def near(self, listing: Listing, hashes: Iterable[bytes] = ()) -> list[Match]:
        """Give the near listings of other sellers, each once, the nearest first.

        Raises
        ------
        InvalidInputError
            A hash of another length.
        """
        asked = self._entry(listing, hashes)
        alike = {} if asked.digest is None else self._texts.near(asked.digest, self._least)
        apart: dict[int, int] = {}
        for image_hash in asked.hashes:
            for row, bits in self._images.near(image_hash, self._most).items():
                apart[row] = min(bits, apart.get(row, bits))
        return self._matches(asked, alike, apart)

    def _matches(self, asked: Entry, alike: dict[int, float], apart: dict[int, int]) -> list[Match]:
        matches = [
            Match(entry.listing_id, entry.seller_id, alike.get(row), apart.get(row))
            for row in sorted(alike.keys() | apart.keys())
            if (entry := self.entries[row]).seller_id != asked.seller_id
        ]
        matches.sort(key=_order)
        best: dict[str, Match] = {}
        for match in matches:  # of several versions of a listing, the nearest
            best.setdefault(match.listing_id, match)
        return list(best.values())

    @staticmethod
    def _entry(listing: Listing, hashes: Iterable[bytes]) -> Entry:
        kept = tuple(hashes)
        if any(len(image_hash) != BYTES for image_hash in kept):
            problem = FieldProblem("hashes", "holds one of another length", f"give {BYTES} bytes")
            raise InvalidInputError(problem)
        text = canonical(listing.text)
        return Entry(listing.id, listing.seller_id, digests([text])[0] if text else None, kept)


def _order(match: Match) -> tuple[float, str]:
    text = match.similarity or 0.0
    picture = 0.0 if match.distance is None else 1.0 - match.distance / (8 * BYTES)
    return -max(text, picture), match.listing_id
