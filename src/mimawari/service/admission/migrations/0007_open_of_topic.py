from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("admission", "0006_searched")]

    operations = [
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["topic", "-priority"],
                name="open_of_topic_by_priority",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["purpose", "topic"],
                name="open_by_purpose",
            ),
        ),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                condition=models.Q(("state", "open")),
                fields=["topic", "day", "created_at"],
                name="open_by_topic_and_day",
            ),
        ),
        migrations.RemoveIndex(model_name="alert", name="open_by_topic"),
    ]
