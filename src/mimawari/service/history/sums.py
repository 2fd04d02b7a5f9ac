"""A sum over rows in whatever order: what a file holds is compared with what was read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mimawari.service.audit.bulk import encoded
from mimawari.service.history.moved import ending_row, listing_row, score_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mimawari.datasets.history.rows import ScoredVersion, SentVersion
    from mimawari.service.audit.bulk import Row

_SIZE = 1 << 256


class RowSum:
    """Adds up the hashes of rows as the ledger commits to them.

    Scores come in the order of listings and what was sent in that of numbers, so rules and texts
    of pictures are counted with what was sent, where they lie.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RowSum) and (self.rows, self._sum) == (other.rows, other._sum)

    def __hash__(self) -> int:
        return hash((self.rows, self._sum))

    def add(self, scored: Iterable[ScoredVersion], sent: Iterable[SentVersion]) -> None:
        """Add rows."""
        for kind, rows in ((b"scored", _numbers(scored)), (b"sent", _texts(sent))):
            for key, content in encoded(rows):
                digest = hashlib.sha256(kind + key + content).digest()
                self._sum = (self._sum + int.from_bytes(digest, "little")) % _SIZE
                self.rows += 1


def _numbers(scored: Iterable[ScoredVersion]) -> Iterator[Row]:
    for row in scored:
        plain = row.listing_id, row.version, row.received_at, row.alerted
        yield (*score_row(row, [], ""), *plain)


def _texts(sent: Iterable[SentVersion]) -> Iterator[Row]:
    for row in sent:
        beside = row.rule_hits, row.picture_text, ending_row(row), row.pictures, row.erased
        yield (*listing_row(row), *beside)
