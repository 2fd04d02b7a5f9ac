"""Which days are closed, where their files lie, and how an edition is made."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from mimawari.datasets.history.writing import INDEX, SCORES, SENT, TOTALS
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.history.models import Cause, ClosedDay
from mimawari.service.releases.models import Generation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date, datetime

    from mimawari.datasets.history.columns import Manifests

FOLDER = "history"
LEFT_SECONDS = 86_400
NAMES = {"scores": SCORES, "sent": SENT, "totals": TOTALS, "listings": INDEX}
"""By the column of an edition, the name of the file."""


def closed_days(within: tuple[int, int] | None = None) -> list[ClosedDay]:
    """Give the days that have files, oldest first, each as its newest edition.

    Parameters
    ----------
    within
        Only of days that may have a version of these numbers, the first and the last.
    """
    return _days(_editions(), within)


def moved_days(within: tuple[int, int] | None = None) -> list[ClosedDay]:
    """Give the closed days of which rows may have left the database."""
    editions = _editions()
    moving = {row.day for row in editions if row.cause == Cause.MOVING}
    return _days((row for row in editions if row.day in moving), within)


def _editions() -> tuple[ClosedDay, ...]:
    """Give all editions in order; they are read again only once there is another."""
    newest = ClosedDay.objects.order_by("-pk").values_list("pk", "at", "sent").first()
    return () if newest is None else _up_to(*newest)


@lru_cache(maxsize=2)
def _up_to(newest: int, _at: datetime, _sent: str) -> tuple[ClosedDay, ...]:
    return tuple(ClosedDay.objects.filter(pk__lte=newest).order_by("day", "edition"))


def _days(editions: Iterable[ClosedDay], within: tuple[int, int] | None) -> list[ClosedDay]:
    newest = {row.day: row for row in editions}
    days = [row for row in newest.values() if row.cause != Cause.REMOVED]
    if within is None:
        return days
    first, last = within
    return [row for row in days if row.first_number <= last and first <= row.last_number]


def closed_day(day: date) -> ClosedDay | None:
    """Give the newest edition of a day, also of one that was removed."""
    return ClosedDay.objects.filter(day=day).order_by("edition").last()


def artifact_name(day: date, kind: str, sha256: str) -> str:
    """Name a file's folder in the artifact store."""
    return f"{FOLDER}/{day}-{kind}-{sha256[:12]}"


def file_of(row: ClosedDay, kind: str) -> Path:
    """Give a day's file on this host by its column, such as ``scores``.

    Raises
    ------
    InvalidInputError
        It is not kept, or the store does not answer.
    """
    name = artifact_name(row.day, kind, getattr(row, kind))
    return artifacts().folder(name) / NAMES[kind]


def put_file(day: date, kind: str, path: Path, sha256: str) -> None:
    """Put a file into the artifact store; it lies in a folder of its own.

    Raises
    ------
    InvalidInputError
        The store does not take it.
    """
    artifacts().put(path.parent, artifact_name(day, kind, sha256))


def remove_others(day: date, kept: ClosedDay | None) -> None:
    """Remove the files of a day that no edition, or only an earlier one, names."""
    store = artifacts()
    wanted = {artifact_name(day, kind, getattr(kept, kind)) for kind in NAMES if kept}
    for name in store.names(FOLDER):
        if name.startswith(f"{FOLDER}/{day}-") and name not in wanted:
            store.remove(name)


def manifests_of(generations: Iterable[int]) -> Manifests:
    """Give what generations had in force, by number."""
    rows = Generation.objects.in_bulk(sorted(set(generations)))
    return {number: row.manifest for number, row in rows.items()}


@contextmanager
def work_folder(day: date) -> Iterator[Path]:
    """Give an empty folder of this host for the files of a day while they are made.

    What a run left that was killed a day ago or earlier is removed.
    """
    place = Path(settings.CONFIG.state_dir) / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for left in place.iterdir():
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - LEFT_SECONDS:
                shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=place, prefix=f"{day}-") as made:
        yield Path(made)
