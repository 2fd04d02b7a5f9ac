"""Runs of flows, and which of them holds a flow and topic."""

from __future__ import annotations

import msgspec
from django.db import models

from mimawari.flows.progress import Progress, decode_progress
from mimawari.flows.records import Request
from mimawari.service.platform.fields import RecordField


class RunState(models.TextChoices):
    """Where a run stands; one that is running and was not heard of is interrupted."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to, by topic.

    Parameters
    ----------
    models, manifests
        Versions that were trained, and the sha256 of each one's manifest.
    deployed
        The generation in which each is a shadow for the first time.
    problems
        Why topics miss something.
    """

    models: dict[str, str] = {}
    manifests: dict[str, str] = {}
    deployed: dict[str, int] = {}
    problems: dict[str, str] = {}


def decode_request(text: str) -> Request:
    """Read what a run is to do."""
    return msgspec.json.decode(text, type=Request)


def decode_outcome(text: str) -> Outcome:
    """Read what a run came to."""
    return msgspec.json.decode(text, type=Outcome)


class FlowRun(models.Model):
    """A run; ``id`` is ``flow-<12 hex>``, which the lineages of its models say.

    Parameters
    ----------
    request
        What it is to do; ``folder`` is empty, as it is another one on each host.
    metaflow_runs
        Metaflow's own names of it, one each time it was started; the newest last.
    host, pid, beat_at
        Of the process that runs it, and when it was heard of, by the database's clock.
    progress
        Its steps so far; None where nothing is known.
    pruned_at
        When its files were removed.
    """

    id = models.TextField(primary_key=True)
    flow = models.CharField(max_length=20)
    request: RecordField[Request] = RecordField(decode_request)
    state = models.CharField(max_length=10, choices=RunState.choices)
    actor = models.TextField()
    reason = models.TextField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    host = models.TextField()
    pid = models.PositiveIntegerField()
    beat_at = models.DateTimeField()
    metaflow_runs = models.JSONField(default=list)
    outcome: RecordField[Outcome] = RecordField(decode_outcome)
    progress: RecordField[Progress | None] = RecordField(decode_progress, null=True)
    pruned_at = models.DateTimeField(null=True)

    class Meta:
        """What the database looks up."""

        indexes = (models.Index(fields=("started_at",), name="flow_runs_by_time"),)

    def __str__(self) -> str:
        return self.id


class FlowHold(models.Model):
    """A run that has a flow and topic to itself; gone when it ends."""

    flow = models.CharField(max_length=20)
    topic = models.CharField(max_length=40)
    run = models.ForeignKey(FlowRun, models.CASCADE, "holds")

    class Meta:
        """What the database enforces."""

        constraints = (
            models.UniqueConstraint(fields=("flow", "topic"), name="one_run_a_flow_and_topic"),
        )

    def __str__(self) -> str:
        return f"{self.flow} of {self.topic}"


class ArtifactKind(models.TextChoices):
    """What a run reads or gives."""

    MODEL = "model"
    DATA_SET = "data_set"
    DAY = "day"


class FlowArtifact(models.Model):
    """Something that a run read or gave, to find the runs of a model, a data set or a day.

    ``name`` is a version, or a day as YYYY-MM-DD; ``made`` says that the run gave it.
    """

    run = models.ForeignKey(FlowRun, models.CASCADE, "artifacts")
    kind = models.CharField(max_length=10, choices=ArtifactKind.choices)
    name = models.TextField()
    made = models.BooleanField(default=False)

    class Meta:
        """What the database enforces and looks up."""

        constraints = (
            models.UniqueConstraint(fields=("kind", "name", "run"), name="one_artifact_a_run"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
