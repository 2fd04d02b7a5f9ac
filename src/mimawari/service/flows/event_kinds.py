"""What the ledger is told of runs of flows."""

from __future__ import annotations

import msgspec

from mimawari.records.event import register


class FlowRunDetails(msgspec.Struct, frozen=True):
    """A run that begins, or goes on where it was interrupted.

    ``days`` are those of history that it reads, each with the sha256 of what was sent on it.
    """

    flow: str
    topics: tuple[str, ...]
    data_set: str
    resumed: bool
    days: tuple[str, ...] = ()


class FlowRunEnd(msgspec.Struct, frozen=True):
    """What a run came to; models and the sha256 of their manifests by topic."""

    flow: str
    state: str
    models: dict[str, str]
    manifests: dict[str, str]
    problems: dict[str, str]


class PruneDetails(msgspec.Struct, frozen=True):
    """Runs whose files were removed."""

    runs: tuple[str, ...]


FLOW_RUN = register("flow_run", FlowRunDetails)
FLOW_RUN_ENDED = register("flow_run_ended", FlowRunEnd)
FLOW_RUNS_PRUNED = register("flow_runs_pruned", PruneDetails)
