"""Trials, their rounds, items, looks and events."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("intake", "0001_initial"),
        ("ops", "0002_append_only"),
        ("review", "0003_purposes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Trial",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("backtest", "Backtest"),
                            ("experiment", "Experiment"),
                            ("guard", "Guard"),
                        ],
                        max_length=10,
                    ),
                ),
                ("topic", models.CharField(max_length=40)),
                ("champion", models.TextField(blank=True)),
                ("candidate", models.TextField()),
                ("design", models.JSONField()),
                ("family", models.TextField(blank=True, default="")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("preparing", "Preparing"),
                            ("running", "Running"),
                            ("ended", "Ended"),
                        ],
                        default="preparing",
                        max_length=10,
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("promote", "Promote"),
                            ("reject", "Reject"),
                            ("undecided", "Undecided"),
                            ("stopped", "Stopped"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("actor", models.TextField()),
                ("reason", models.TextField()),
                (
                    "after",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followed_by",
                        to="release.trial",
                    ),
                ),
                (
                    "generation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ops.generation",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrialEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=20)),
                ("actor", models.TextField()),
                ("body", models.JSONField(default=dict)),
                (
                    "trial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="release.trial",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrialLook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("steps", models.PositiveIntegerField()),
                ("reviews", models.PositiveIntegerField()),
                ("log_e", models.FloatField()),
                ("log_f", models.FloatField()),
                ("low", models.FloatField(null=True)),
                ("high", models.FloatField(null=True)),
                ("dispersion", models.FloatField(null=True)),
                (
                    "trial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="looks",
                        to="release.trial",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrialRound",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField()),
                ("last_version", models.BigIntegerField(null=True)),
                ("listings", models.PositiveIntegerField()),
                ("shared", models.PositiveIntegerField()),
                ("differing", models.PositiveIntegerField()),
                ("capacity", models.PositiveIntegerField()),
                (
                    "trial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rounds",
                        to="release.trial",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TrialItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.PositiveIntegerField()),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("champion", "Champion"),
                            ("candidate", "Candidate"),
                            ("recheck", "Recheck"),
                        ],
                        max_length=10,
                    ),
                ),
                ("rank", models.PositiveIntegerField()),
                ("known_label", models.SmallIntegerField(null=True)),
                (
                    "alert",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trial_items",
                        to="review.alert",
                    ),
                ),
                (
                    "listing_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="intake.listingversion",
                    ),
                ),
                (
                    "trial",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="release.trial",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="items",
                        to="release.trialround",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="trial",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    models.Q(("state", "ended"), _negated=True),
                    models.Q(("kind", "backtest"), _negated=True),
                ),
                fields=("topic",),
                name="one_live_trial_a_topic",
            ),
        ),
        migrations.AddIndex(
            model_name="triallook",
            index=models.Index(fields=["trial", "steps"], name="looks_by_steps"),
        ),
        migrations.AddConstraint(
            model_name="trialround",
            constraint=models.UniqueConstraint(fields=("trial", "start"), name="one_round_a_start"),
        ),
        migrations.AddIndex(
            model_name="trialitem",
            index=models.Index(fields=["trial", "step"], name="items_by_step"),
        ),
        migrations.AddConstraint(
            model_name="trialitem",
            constraint=models.UniqueConstraint(
                fields=("trial", "listing_version", "role"), name="one_item_a_role"
            ),
        ),
    ]
