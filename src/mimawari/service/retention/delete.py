"""Delete rows of tables whose triggers refuse it to anybody else."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from django.db import connection

from mimawari.service.intake.models import ListingVersion
from mimawari.service.retention.models import Removable
from mimawari.service.retention.needed import PART

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from django.db.models import Model


def delete_rows(versions: Collection[int], tables: Sequence[type[Model]]) -> Counter[str]:
    """Delete the rows of listing versions from tables; gives how many of each by its label.

    Call it within a transaction that says in the ledger what is gone.
    """
    Removable.objects.bulk_create(Removable(version=number) for number in versions)
    gone: Counter[str] = Counter()
    with connection.cursor() as cursor:
        for model in tables:
            column = "id" if model is ListingVersion else PART
            cursor.execute(
                f"DELETE FROM {model._meta.db_table} WHERE {column} IN "  # noqa: S608 (constants)
                "(SELECT version FROM retention_removable)"
            )
            gone[model._meta.label] = cursor.rowcount
        cursor.execute("DELETE FROM retention_removable")
    return gone
