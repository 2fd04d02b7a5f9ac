"""How much waited at the end of each day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the notes of it."""

    dependencies = [("monitoring", "0002_corrections")]

    operations = [
        migrations.CreateModel(
            name="BacklogOfDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("topic", models.CharField(max_length=40)),
                ("day", models.DateField()),
                ("open", models.PositiveIntegerField()),
                ("oldest_at", models.DateTimeField(null=True)),
                ("noted_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "topic"), name="one_backlog_a_topic_and_day"
                    )
                ],
            },
        ),
    ]
