"""Seal edge cases and their ends; an erasure may blank what is kept of a listing."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

_CASE = (
    *("id", "listing_version", "listing_id", "version", "topic", "place", "verdict", "why"),
    *("actor", "added_at", "event_id"),
)
SEALED = (
    AppendOnly(
        "edge_cases_edgecase",
        permitted="new.seller_id = '' AND new.picture_text = '' AND new.reason = '' AND "
        + " AND ".join(f"new.{column} {{is}} old.{column}" for column in _CASE),
    ),
    AppendOnly("edge_cases_edgecaseend"),
)


class Migration(migrations.Migration):
    dependencies = [("edge_cases", "0001_initial")]
    operations = [migrations.RunPython(seal, migrations.RunPython.noop) for seal in SEALED]
