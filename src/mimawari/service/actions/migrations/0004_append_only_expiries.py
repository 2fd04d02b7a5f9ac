"""Seal what says that strikes expired, and say of what holds that strikes are why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def name_strikes(apps: Apps, _schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Name the cause of restrictions that were made before there were any causes."""
    rows = apps.get_model("actions", "StandingAction").objects
    rows.exclude(action__threshold=None).update(cause="strikes")


class Migration(migrations.Migration):
    dependencies = [("actions", "0003_expiries")]
    operations = [
        migrations.RunPython(name_strikes, migrations.RunPython.noop),
        migrations.RunPython(AppendOnly("actions_strikeexpiry"), migrations.RunPython.noop),
    ]
