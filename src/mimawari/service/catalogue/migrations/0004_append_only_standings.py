"""Seal what was said of sellers; an erasure may take the seller out."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

SEALED = AppendOnly(
    "catalogue_sellerstanding",
    permitted="new.seller_id = '' AND new.reason = '' AND "
    + " AND ".join(
        f"new.{column} {{is}} old.{column}"
        for column in ("id", "topic", "standing", "expires_at", "at")
    ),
)


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0003_seller_standings")]
    operations = [migrations.RunPython(SEALED, migrations.RunPython.noop)]
