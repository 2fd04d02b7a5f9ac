"""Runs of flows, and which of them has a flow and topic to itself."""

import django.db.models.deletion
from django.db import migrations, models

import mimawari.service.flows.models
import mimawari.service.platform.fields


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="FlowRun",
            fields=[
                ("id", models.TextField(primary_key=True, serialize=False)),
                ("flow", models.CharField(max_length=20)),
                (
                    "request",
                    mimawari.service.platform.fields.RecordField(
                        decode=mimawari.service.flows.models.decode_request
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("succeeded", "Succeeded"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                        ],
                        max_length=10,
                    ),
                ),
                ("actor", models.TextField()),
                ("reason", models.TextField()),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("host", models.TextField()),
                ("pid", models.PositiveIntegerField()),
                ("beat_at", models.DateTimeField()),
                ("metaflow_runs", models.JSONField(default=list)),
                (
                    "outcome",
                    mimawari.service.platform.fields.RecordField(
                        decode=mimawari.service.flows.models.decode_outcome
                    ),
                ),
                ("pruned_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["started_at"], name="flow_runs_by_time")],
            },
        ),
        migrations.CreateModel(
            name="FlowHold",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("flow", models.CharField(max_length=20)),
                ("topic", models.CharField(max_length=40)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="holds",
                        to="flows.flowrun",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("flow", "topic"), name="one_run_a_flow_and_topic"
                    )
                ],
            },
        ),
    ]
