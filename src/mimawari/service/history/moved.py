"""Rows of closed days as the ledger committed to them, read from their files.

Batches of the ledger follow the order of arrival, files of scores that of listings, so a stretch
of numbers is read at once and remembered: a walk over the batches reads each file a few times.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mimawari.datasets.history.columns import rows_of
from mimawari.datasets.history.files import read_among, read_where
from mimawari.datasets.history.sent import sent_rows
from mimawari.errors import InvalidInputError
from mimawari.service.history.days import file_of, manifests_of, moved_days
from mimawari.service.intake.event_kinds import ENDINGS, LISTINGS
from mimawari.service.scoring.event_kinds import SCORES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from mimawari.datasets.history.rows import ScoredVersion, SentVersion
    from mimawari.service.audit.bulk import BulkTable, Row
    from mimawari.service.history.models import ClosedDay

# Of scores the whole file is read for a stretch; what was sent is larger, and is in order.
SCORES_STRETCH, SENT_STRETCH = 100_000, 10_000


def moved_rows(table: BulkTable, numbers: Sequence[int]) -> Mapping[int, Row]:
    """Give the rows that files of closed days hold, by number; numbers ascend."""
    if table not in {LISTINGS, SCORES, ENDINGS} or not numbers:
        return {}
    contents: dict[int, Row] = {}
    far_apart = numbers[-1] - numbers[0] > SCORES_STRETCH
    for row in moved_days((numbers[0], numbers[-1])):
        try:
            day = DayRows(row, numbers if far_apart else None)
            for number in numbers:
                if (content := day.row(table, number)) is not None:
                    contents[number] = content
        except InvalidInputError:
            continue  # what cannot be read is missing: whoever compares rows says so
    return contents


class DayRows:
    """The rows of a closed day, by number.

    Parameters
    ----------
    only
        The only numbers that are asked for, ascending: each file is read once for them.

    Raises
    ------
    InvalidInputError
        A file is missing, or, as it is read, damaged.
    """

    def __init__(self, row: ClosedDay, only: Sequence[int] | None = None) -> None:
        self._paths = [_stamped(file_of(row, kind)) for kind in ("sent", "scores")]
        self._few_sent: dict[int, SentVersion] | None = None
        self._few_scores: dict[int, ScoredVersion] | None = None
        if only is not None:
            (sent, _), (scores, _) = self._paths
            self._few_sent = _sent_by_number(read_among(sent, "number", only))
            self._few_scores = _scores_by_number(read_among(scores, "number", only))

    def sent(self, number: int) -> SentVersion | None:
        """Give what was sent; None where no version of the day has the number."""
        if self._few_sent is not None:
            return self._few_sent.get(number)
        return _sent(*self._paths[0], number // SENT_STRETCH).get(number)

    def scores(self, number: int) -> ScoredVersion | None:
        """Give the scores; None where no version of the day has the number."""
        if self._few_scores is not None:
            return self._few_scores.get(number)
        return _scores(*self._paths[1], number // SCORES_STRETCH).get(number)

    def row(self, table: BulkTable, number: int) -> Row | None:
        """Give what the ledger committed to of a row."""
        if (sent := self.sent(number)) is None:
            return None
        if table == LISTINGS:
            return listing_row(sent)
        if table == ENDINGS:
            return ending_row(sent)
        scores = self.scores(number)
        return None if scores is None else score_row(scores, sent.rule_hits, sent.picture_text)


def _stamped(path: Path) -> tuple[Path, int]:
    """Give a file with the time of its last change: what is remembered is of that file."""
    try:
        return path, path.stat().st_mtime_ns
    except OSError:
        return path, 0  # whoever reads it says so


def listing_row(sent: SentVersion) -> Row:
    """Give what the ledger committed to of a version as it was sent."""
    return (
        sent.number,
        sent.listing_id,
        sent.version,
        sent.seller_id,
        sent.payload,
        sent.received_at,
    )


def ending_row(sent: SentVersion) -> Row | None:
    """Give what the ledger committed to of a listing's end."""
    ended = sent.ended
    if ended is None:
        return None
    return (
        sent.number,
        ended.reason,
        ended.ended_at,
        ended.recorded_at,
        ended.principal_kind,
        ended.principal,
    )


def score_row(scores: ScoredVersion, rule_hits: list[str], picture_text: str) -> Row:
    """Give what the ledger committed to of a version's scores."""
    return (
        scores.number,
        scores.generation,
        scores.day,
        scores.scored_at,
        scores.scores,
        scores.rule_scores,
        scores.model_scores,
        scores.refined,
        scores.in_canary,
        rule_hits,
        picture_text,
    )


@lru_cache(maxsize=4)
def _sent(path: Path, _stamp: int, stretch: int) -> dict[int, SentVersion]:
    first = stretch * SENT_STRETCH
    return _sent_by_number(read_where(path, "number", first, first + SENT_STRETCH - 1))


@lru_cache(maxsize=2)
def _scores(path: Path, _stamp: int, stretch: int) -> dict[int, ScoredVersion]:
    first = stretch * SCORES_STRETCH
    return _scores_by_number(read_where(path, "number", first, first + SCORES_STRETCH - 1))


def _sent_by_number(table: pa.Table) -> dict[int, SentVersion]:
    return {row.number: row for row in sent_rows(table)}


def _scores_by_number(table: pa.Table) -> dict[int, ScoredVersion]:
    manifests = manifests_of(table["generation"].to_numpy().tolist())
    return {row.number: row for row in rows_of(table, manifests)}
