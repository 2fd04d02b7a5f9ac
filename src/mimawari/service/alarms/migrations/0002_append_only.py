"""Keep alarms: none is deleted, what it was opened with stays, and a resolved one never changes."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

KEPT = (
    *("id", "kind", "topic", "deployment", "stream", "severity", "figures"),
    *("began_at", "opened_at"),
)
SAME = " AND ".join(f"new.{column} = old.{column}" for column in KEPT)
SEALS = (
    AppendOnly("alarms_alarm", permitted=f"old.state <> 'resolved' AND {SAME}"),
    AppendOnly(
        "alarms_sighting",
        permitted="new.id = old.id AND new.alarm_id = old.alarm_id AND new.hour = old.hour",
    ),
    AppendOnly(
        "alarms_mailline",
        permitted=(
            "old.mail_id {is} NULL AND new.id = old.id AND new.alarm_id = old.alarm_id"
            " AND new.state = old.state AND new.at = old.at"
        ),
    ),
    AppendOnly("alarms_mail", permitted="old.sent_at {is} NULL AND new.id = old.id"),
)


class Migration(migrations.Migration):
    dependencies = [("alarms", "0001_initial")]
    operations = [migrations.RunPython(seal, migrations.RunPython.noop) for seal in SEALS]
