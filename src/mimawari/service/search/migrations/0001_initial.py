"""The search index and saved views; the tokens as the engine keeps them best."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from mimawari.service.search.storage import make_token_store


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("audit", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("day", models.DateField()),
                ("folded", models.TextField()),
                ("facets", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="DayRange",
            fields=[
                ("day", models.DateField(primary_key=True, serialize=False)),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="IndexState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("format", models.TextField()),
                ("place", models.BigIntegerField()),
                ("below", models.BigIntegerField(null=True)),
                ("whole", models.BigIntegerField()),
                ("untidy", models.BooleanField(default=False)),
            ],
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("query", models.TextField()),
                ("seller", models.TextField(default="")),
                ("shared", models.BooleanField()),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="audit.event",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "name"), name="one_view_a_name")
                ],
            },
        ),
        migrations.RunPython(make_token_store, migrations.RunPython.noop),
    ]
