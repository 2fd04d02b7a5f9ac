"""How probabilities are shown."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds the corrections."""

    dependencies = [("monitoring", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="RecordedCorrection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("topic", models.CharField(max_length=40)),
                ("model", models.TextField()),
                ("at", models.DateTimeField()),
                ("intercept", models.FloatField()),
                ("slope", models.FloatField()),
            ],
            options={
                "indexes": [models.Index(fields=["topic", "-at"], name="corrections_of_a_topic")],
            },
        ),
    ]
