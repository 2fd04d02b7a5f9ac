"""Versions that were made: their cards, rows and differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.datasets import folder
from mimawari.datasets.differences import differences
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.catalogue.models import DataSetErasure, DataSetVersion
from mimawari.service.intake.models import ListingVersion, State
from mimawari.suggestions import nearest

if TYPE_CHECKING:
    from mimawari.datasets.differences import Difference
    from mimawari.datasets.rows import Key, LabelledVersion

CHUNK = 500
FOLDER = "data_sets"


def artifact_name(version: str) -> str:
    """Name a version in the artifact store."""
    return f"{FOLDER}/{version}"


def newest(name: str) -> DataSetVersion | None:
    """Give the last version that was made under a name."""
    return DataSetVersion.objects.filter(name=name).order_by("-created_at", "-pk").first()


def by_version(version: str) -> DataSetVersion:
    """Give a version; of a name alone, the newest.

    Raises
    ------
    InvalidInputError
        There is none.
    """
    stored = DataSetVersion.objects.filter(pk=version).first() or newest(version)
    if stored is None:
        known = DataSetVersion.objects.values_list("name", "pk")
        near = nearest(version, {text for pair in known for text in pair})
        remedy = f"did you mean {near}?" if near else "mimawari data list shows what was made"
        raise InvalidInputError(FieldProblem("data set", f"{version!r} is not there", remedy))
    return stored


def rows_of(stored: DataSetVersion) -> list[LabelledVersion]:
    """Read a version's rows, and see that they are unchanged.

    Raises
    ------
    InvalidInputError
        They were removed by an erasure, or are damaged.
    """
    require_rows(stored)
    return folder.read_rows(artifacts().folder(artifact_name(stored.pk)), stored.pk)


def require_rows(stored: DataSetVersion) -> None:
    """See that a version's rows were not removed.

    Raises
    ------
    InvalidInputError
        An erasure removed them.
    """
    if DataSetErasure.objects.filter(data_set=stored).exists():
        problem = "its rows were removed, as a seller among them was erased"
        remedy = f"make it again: mimawari data make {stored.name}; the card stays"
        raise InvalidInputError(FieldProblem(stored.pk, problem, remedy))


def changes(before: DataSetVersion, after: DataSetVersion) -> list[Difference]:
    """Give every label that differs between two versions, and why."""
    old, new = rows_of(before), rows_of(after)
    missing = {row.key for row in old} - {row.key for row in new}
    return list(differences(old, new, before.card.origin.until, _erased(missing)))


def _erased(keys: set[Key]) -> set[Key]:
    """Give those that were erased in the log."""
    erased: set[Key] = set()
    wanted = sorted(keys)
    for start in range(0, len(wanted), CHUNK):
        rows = ListingVersion.objects.filter(
            listing_id__in=[listing for listing, _ in wanted[start : start + CHUNK]],
            state=State.ERASED,
        )
        erased.update(rows.values_list("listing_id", "version"))
    return erased & keys
