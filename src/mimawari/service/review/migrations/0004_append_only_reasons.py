"""Seal notes and what was passed on; what moderators wrote may be erased, once."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

BLANKED = {
    "review_note": ("text", ("decision_id", "event_id")),
    "review_passedon": (
        "reason",
        ("id", "alert_id", "place", "event_id", "moderator_id", "passing", "at"),
    ),
}


def sealed(table: str) -> AppendOnly:
    text, others = BLANKED[table]
    same = " AND ".join(f"new.{column} = old.{column}" for column in others)
    return AppendOnly(table, permitted=f"new.{text} = '' AND {same}")


class Migration(migrations.Migration):
    dependencies = [("review", "0003_reasons")]
    operations = [migrations.RunPython(sealed(t), migrations.RunPython.noop) for t in BLANKED]
