"""A state of listing versions; the database's column stays as it is."""

from django.db import migrations, models

STATES = [(0, "Pending"), (1, "Scored"), (2, "Set Aside"), (3, "Superseded"), (4, "Erased")]


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]
    operations = [
        migrations.AlterField(
            model_name="listingversion",
            name="state",
            field=models.SmallIntegerField(choices=STATES, default=0),
        ),
    ]
