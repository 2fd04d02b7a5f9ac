"""Take in decisions that were taken elsewhere: they become labels, and nothing else follows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction
from django.db.models import Q

from mimawari.records.label import Verdict
from mimawari.service.audit.record import record
from mimawari.service.intake.models import State
from mimawari.service.platform import clock
from mimawari.service.review.event_kinds import DECISION_IMPORT, DecisionImportDetails
from mimawari.service.review.import_group import IMPORTED, KNOWN, REJECTED, ImportGroup
from mimawari.service.review.imported import standing
from mimawari.service.review.models import DecisionImport, ImportedDecision

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.records.past_decision import PastDecision
    from mimawari.records.principal import Principal
    from mimawari.service.review.import_group import Problems


def begin(sha256: str, file: str, restart: bool = False) -> DecisionImport:
    """Give the import of a file with this content: how far it was read, or a new one."""
    with transaction.atomic():
        now = clock.database_now()
        run, new = DecisionImport.objects.get_or_create(
            sha256=sha256, defaults={"file": file, "started_at": now}
        )
        if restart and not new:
            run.rows = run.imported = run.known = run.rejected = 0
            run.finished_at = None
            run.save()
    return run


def finish(run: DecisionImport, principal: Principal) -> None:
    """Say in the ledger who brought which file, and what it held; once."""
    with transaction.atomic():
        if run.finished_at is None:
            run.finished_at = clock.database_now()
            run.save(update_fields=("finished_at",))
            details = DecisionImportDetails(
                run.file, run.sha256, run.rows, run.imported, run.known, run.rejected
            )
            record(DECISION_IMPORT, run.pk, principal, details)


def take_in(
    run: DecisionImport, rows: Sequence[PastDecision | None], last: int
) -> list[str | Problems]:
    """Record a group of decisions in one transaction, with the row that was read last.

    Parameters
    ----------
    rows
        None for one that was refused already.

    Returns
    -------
    For each ``imported``, ``known``, ``rejected``, or what is wrong with it.
    """
    with transaction.atomic():
        _one_at_a_time()
        group = ImportGroup([row for row in rows if row is not None])
        answers = [REJECTED if row is None else group.answer(row) for row in rows]
        group.write(run)
        counts = Counter(REJECTED if isinstance(a, tuple) else a for a in answers)
        run.rows, run.imported = last, run.imported + counts[IMPORTED]
        run.known, run.rejected = run.known + counts[KNOWN], run.rejected + counts[REJECTED]
        run.save()
    return answers


def overruled(run: DecisionImport) -> int:
    """Count the decisions of a file that do not count: a moderator of ours decided the listing."""
    now = clock.database_now()
    mine = ImportedDecision.objects.filter(run=run, decided_at__lte=now)
    return mine.count() - standing(None, now).filter(run=run).count()


class Recognised(NamedTuple):
    """How many decisions of a file say that relistings are to be proposed, and how many cannot.

    Parameters
    ----------
    violations
        Those that count as violations.
    without_text
        Of these, those of whose listing no text is kept any more.
    """

    violations: int
    without_text: int


def recognised(run: DecisionImport) -> Recognised:
    """Say how many relistings of a file's violations can be recognised."""
    rows = standing(None, clock.database_now()).filter(run=run, verdict=Verdict.VIOLATES)
    erased = Q(listing_version__state=State.ERASED) | Q(imported_listing__seller_id="")
    return Recognised(rows.count(), rows.filter(erased).count())


def _one_at_a_time() -> None:
    """Wait for another import: two files may hold the same decisions."""
    first = DecisionImport.objects.order_by("pk").values_list("pk", flat=True)[:1]
    list(DecisionImport.objects.select_for_update().filter(pk__in=list(first)))
