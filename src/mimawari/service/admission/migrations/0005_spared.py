"""Alerts that policy closes: how their seller stands spares them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("admission", "0004_rescans"),
    ]

    operations = [
        migrations.AlterField(
            model_name="alert",
            name="state",
            field=models.CharField(
                choices=[
                    ("open", "Open"),
                    ("escalated", "Escalated"),
                    ("decided", "Decided"),
                    ("displaced", "Displaced"),
                    ("superseded", "Superseded"),
                    ("expired", "Expired"),
                    ("ended", "Ended"),
                    ("spared", "Spared"),
                ],
                default="open",
                max_length=10,
            ),
        ),
    ]
