"""Find models by time, topic, data set and who registered them."""

from django.db import migrations, models

INDEXES = {
    "models_by_time": ["created_at", "id"],
    "models_of_a_topic": ["topic", "created_at"],
    "models_of_a_data_set": ["data_set", "created_at"],
    "models_by_whom": ["actor", "created_at"],
}


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0007_model_composition")]
    operations = [
        migrations.AddIndex("modelversion", models.Index(fields=fields, name=name))
        for name, fields in INDEXES.items()
    ]
