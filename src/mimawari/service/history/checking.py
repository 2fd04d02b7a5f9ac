"""See that the files of closed days are there and as they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.datasets.history.files import open_file, sha256_of
from mimawari.errors import InvalidInputError
from mimawari.service.catalogue.artifacts import artifacts
from mimawari.service.history.days import FOLDER, NAMES, artifact_name, closed_days, file_of
from mimawari.service.history.erasing import erased_since
from mimawari.service.scoring.models import Score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.service.history.models import ClosedDay


def problems() -> Iterator[str]:
    """Say of each file that is missing, changed, named by no day, or holds what it should not."""
    named = set()
    for row in closed_days():
        sound = True
        for kind, name in NAMES.items():
            named.add(artifact_name(row.day, kind, getattr(row, kind)))
            try:
                as_written = sha256_of(file_of(row, kind)) == getattr(row, kind)
            except InvalidInputError as error:
                yield f"{row.day}: {error}"
                sound = False
                continue
            if not as_written:
                yield f"{row.day}: {name} is not as it was written"
                sound = False
        if sound and (left := erased_since(row)):
            yield f"{row.day}: holds the text of {len(left)} versions that were erased"
        if sound and (late := _late(row)):
            yield f"{row.day}: {late} versions were scored on it after it was closed"
    for name in artifacts().names(FOLDER):
        if name not in named:
            yield f"{name}: belongs to no closed day; a closing was stopped, or is under way"


def _late(row: ClosedDay) -> int:
    """Count the scores of a closed day that are in the database and not in its file."""
    stored = set(Score.objects.filter(day=row.day).values_list("pk", flat=True))
    with open_file(file_of(row, "sent")) as file:
        filed = file.read(columns=["number"])["number"].to_numpy().tolist()
    return len(stored.difference(filed))
