"""Take rows out of their batches before retention deletes them, once they fit the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, Q

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.ledger.leaves import batch_commitment, commitment
from mimawari.service.audit import bulk
from mimawari.service.audit.erase import rows_of
from mimawari.service.audit.marks import REMOVED, SALT, marks_of, packed
from mimawari.service.audit.models import Batch

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from mimawari.service.audit.bulk import BulkTable

# A batch spans few numbers more than it has rows; those that span more are looked up by name.
USUAL_SPAN = 100_000


class Batches:
    """The sealed batches of a table, looked up by the rows they hold."""

    def __init__(self, table: BulkTable) -> None:
        self.table = table
        self._all = Batch.objects.filter(table=table.name, event__sequence__isnull=False)
        wide = self._all.filter(last__gt=F("first") + USUAL_SPAN)
        self._wide = list(wide.values_list("pk", flat=True))

    def holding(
        self, numbers: Collection[int], *, lock: bool = False
    ) -> Iterator[tuple[Batch, list[int]]]:
        """Give the batches that hold any of the rows, each with the numbers of all its rows.

        Parameters
        ----------
        lock
            Whether to hold them until the transaction ends: an erasure may change them too.
        """
        wanted = set(numbers)
        if not wanted:
            return
        lowest, highest = min(wanted), max(wanted)
        near = Q(last__range=(lowest, highest + USUAL_SPAN)) | Q(pk__in=self._wide)
        batches = self._all.filter(near, first__lte=highest).select_related("event")
        if lock:
            batches = batches.select_for_update(of=("self",)).order_by("last")
        for batch in batches:
            ids = list(bulk.numbers(rows_of(batch.event).ids))
            if not wanted.isdisjoint(ids):
                yield batch, ids

    def committed(self, numbers: Collection[int]) -> set[int]:
        """Give those of the rows whose commitment is sealed in the ledger."""
        held = {number for _, ids in self.holding(numbers) for number in ids}
        return held & set(numbers)

    def take_out(self, numbers: Collection[int]) -> None:
        """Keep of rows only their commitments, within the transaction that deletes them.

        Call it before they are deleted. A batch of which nothing is left keeps its event alone.

        Raises
        ------
        InvalidInputError
            A row of a batch is not as it was committed to: deleting it would hide that.
        """
        wanted = set(numbers)
        for batch, ids in self.holding(wanted, lock=True):
            marks = marks_of(batch, ids)
            commitments = self._commitments(batch, ids, marks)
            left = [
                (REMOVED, made) if number in wanted else mark
                for number, mark, made in zip(ids, marks, commitments, strict=True)
            ]
            if all(kind == REMOVED for kind, _ in left):
                batch.delete()
            else:
                batch.secret, batch.marks = None, packed(left)
                batch.save(update_fields=("secret", "marks"))

    def _commitments(
        self, batch: Batch, ids: Sequence[int], marks: Sequence[tuple[int, bytes]]
    ) -> list[bytes]:
        """Give the commitments to a batch's rows as these are now, once their root fits."""
        rows = rows_of(batch.event)
        content = bulk.stored(self.table, rows.ids)
        if len(marks) == len(ids) and all(
            kind != SALT or number in content for number, (kind, _) in zip(ids, marks, strict=True)
        ):
            made = [
                commitment(value, content[number][1]) if kind == SALT else value
                for number, (kind, value) in zip(ids, marks, strict=True)
            ]
            if batch_commitment(made).hex() == rows.root:
                return made
        where = f"batch {batch.pk} of {self.table.name}"
        problem = "is not as the ledger knows it: removing its rows would hide that"
        raise InvalidInputError(FieldProblem(where, problem, "run 'mimawari audit verify'"))
