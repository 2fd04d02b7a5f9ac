"""Seal imported decisions and the listings that came along; an erasure may blank them."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

_DECISION = (
    *("id", "listing_version_id", "imported_listing_id", "listing_id", "topic", "verdict"),
    *("clause", "reviewer_id", "decided_at", "run_id"),
)
SEALED = (
    AppendOnly(
        "review_importeddecision",
        permitted="new.note = '' AND "
        + " AND ".join(f"new.{column} {{is}} old.{column}" for column in _DECISION),
    ),
    AppendOnly(
        "review_importedlisting",
        permitted="new.seller_id = '' AND new.id = old.id AND new.listing_id = old.listing_id",
    ),
)


class Migration(migrations.Migration):
    dependencies = [("review", "0005_imported_decisions")]
    operations = [migrations.RunPython(seal, migrations.RunPython.noop) for seal in SEALED]
