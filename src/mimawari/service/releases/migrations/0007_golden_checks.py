"""What scorers found of golden scores."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("releases", "0006_append_only_stages")]
    operations = [
        migrations.CreateModel(
            name="GoldenCheck",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.TextField()),
                ("host", models.TextField()),
                ("pid", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                ("greatest", models.FloatField()),
                ("allowed", models.FloatField()),
                ("environment", models.TextField(blank=True)),
            ],
            options={
                "indexes": [models.Index(fields=["model", "-id"], name="golden_checks_of_a_model")]
            },
        )
    ]
