"""Seal campaigns, their changes, items and results."""

from django.db import migrations

from mimawari.service.platform.append_only import AppendOnly

TABLES = (
    *("campaigns_campaign", "campaigns_campaignchange"),
    *("campaigns_campaignitem", "campaigns_campaignresult"),
)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]
    operations = [
        migrations.RunPython(AppendOnly(table), migrations.RunPython.noop) for table in TABLES
    ]
