"""Seal events, tiles and checkpoints: what they say stays, and only grows."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

KEPT = ("id", "at", "kind", "subject", "principal_kind", "principal", "commitment")
# An event is given its place once, and may lose salt and body together.
EVENT = AppendOnly(
    "audit_event",
    permitted=" AND ".join(f"new.{name} = old.{name}" for name in KEPT)
    + " AND (old.sequence IS NULL OR new.sequence {is} old.sequence)"
    + " AND ((new.salt IS NULL AND new.body IS NULL)"
    + " OR (new.salt {is} old.salt AND new.body {is} old.body))",
)
# A tile that is not full grows at its end.
TILE = AppendOnly(
    "audit_tile",
    permitted="new.level = old.level AND new.number = old.number"
    " AND substr(new.hashes, 1, length(old.hashes)) = old.hashes",
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunPython(step, migrations.RunPython.noop)
        for step in (EVENT, TILE, AppendOnly("audit_checkpoint"))
    ]
