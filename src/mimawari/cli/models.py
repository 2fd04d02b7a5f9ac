"""`mimawari models`: which model serves which topic."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Column, Table

from mimawari.cli.store import acting, open_store
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.deployment import Deployment, Slot

if TYPE_CHECKING:
    from mimawari.service.releases.versions import TopicVersion

app = typer.Typer(help="Models.", no_args_is_help=True)


@app.command()
def activate(
    folder: Annotated[Path, typer.Argument(help="A folder that 'mimawari train' wrote.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    by: Annotated[
        str | None, typer.Option(help="Whose account; the system's user by default.")
    ] = None,
) -> None:
    """Let a model score its topic at once, past the gates, by your name and reason."""
    open_store()
    from mimawari.service.releases.activating_models import activate_model

    number = activate_model(folder, acting(by), reason)
    typer.echo(f"{folder.name} is in force as generation {number}.")


@app.command()
def add(
    folder: Annotated[Path, typer.Argument(help="A folder that 'mimawari train' wrote.")],
    by: Annotated[
        str | None, typer.Option(help="Whose account; the system's user by default.")
    ] = None,
) -> None:
    """Verify a model, register it, and see in a fresh process whether it scores the same there."""
    open_store()
    from mimawari.service.releases.activating import register_model
    from mimawari.service.validation.validating import validate_alone

    actor = acting(by)
    version = register_model(folder, actor)
    typer.echo(f"{version} is registered. Compare it: mimawari backtest start {version}")
    failed = [finding for finding in validate_alone(version, actor).findings if not finding.passed]
    for finding in failed:
        typer.echo(f"It is not validated: {finding.statement}; {finding.remedy}", err=True)


@app.command()
def using(
    part: Annotated[str, typer.Argument(help="A name, or KIND:NAME, such as feature:log_price.")],
) -> None:
    """List the models that stand on a part: what breaks if it goes; those in force first."""
    open_store()
    from mimawari.service.catalogue.parts import using as models_using
    from mimawari.service.releases.generations import topics_in_force

    slots = {
        deployment.model: deployment.slot.value
        for entry in topics_in_force().values()
        for deployment in entry.deployments
    }
    table = Table("model", "topic", "kind", "as", "registered")
    rows = list(models_using(part).order_by("-created_at", "-pk"))
    for row in sorted(rows, key=lambda row: row.pk not in slots):
        at = f"{row.created_at:%Y-%m-%d %H:%M}"
        table.add_row(row.pk, row.topic, row.kind, slots.get(row.pk, ""), at)
    Console().print(table)
    serving = sum(row.pk in slots for row in rows)
    typer.echo(f"{len(rows):,} models stand on it, {serving:,} of them in force.")


@app.command()
def undeploy(
    version: Annotated[str, typer.Argument(help="A model beside a champion.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    by: Annotated[
        str | None, typer.Option(help="Whose account; the system's user by default.")
    ] = None,
) -> None:
    """Take a canary or shadow away; what it scored stays."""
    open_store()
    from mimawari.service.releases.deploying import undeploy as undeploy_model

    number = undeploy_model(version, acting(by), reason)
    typer.echo(f"{version} is withdrawn as generation {number}.")


@app.command("list")
def list_models() -> None:
    """List registered models, and the slot that each has in the generation in force."""
    open_store()
    from mimawari.service.catalogue.models import ModelVersion
    from mimawari.service.releases import generations

    newest = generations.current()
    slots = {d.model: slot_text(d) for _, d in newest.manifest.columns} if newest else {}
    rows = [
        (
            model.id,
            slots.get(model.id, ""),
            f"{model.created_at:%Y-%m-%d %H:%M}",
            model.actor,
            model.lineage.get("data_set", ""),
            model.lineage.get("flow_run", ""),
        )
        for model in ModelVersion.objects.order_by("created_at")
    ]
    names = ("model", "slot", "registered", "by", "data set", "flow run")
    known = [i for i in range(len(names)) if i < len(names) - 2 or any(row[i] for row in rows)]
    table = Table(*(Column(names[i], no_wrap=i == 0, overflow="fold") for i in known))
    for row in rows:
        table.add_row(*(row[i] for i in known))
    Console().print(table)


@app.command()
def kinds() -> None:
    """List the kinds of models: ours, and those that installed packages bring."""
    from mimawari.detectors.loading import KINDS
    from mimawari.detectors.outside import allowed_kinds, installed

    table = Table(*(Column(name, overflow="fold") for name in ("kind", "from", "version", "loads")))
    for name in sorted(KINDS):
        table.add_row(name, "mimawari", "", "yes")
    for kind in sorted(installed(), key=lambda kind: kind.full_name):
        loads = "yes" if kind.full_name in allowed_kinds() else f"not allowed: {kind.full_name}"
        table.add_row(kind.name, kind.package, kind.version, loads)
    Console().print(table)


@app.command()
def reproduce(
    version: Annotated[str, typer.Argument(help="A registered model.")],
    by: Annotated[
        str | None, typer.Option(help="Whose account; the system's user by default.")
    ] = None,
) -> None:
    """Train a model again from its lineage and data set alone, and compare all scores."""
    open_store()
    from mimawari.service.flows.reproducing import reproduce as reproduce_model

    made = reproduce_model(version, acting(by))
    same = "the same version" if made.again == made.model else f"{made.again}, another version"
    typer.echo(f"{made.model}, trained again from {made.data_set}, is {same}.")
    if made.differing:
        typer.echo(
            f"{made.differing:,} of {made.listings:,} scores differ, by {made.largest:.2g} at most."
        )
        raise typer.Exit(1)
    typer.echo(f"All {made.listings:,} scores are the same, bit by bit.")


@app.command()
def when(
    topic: Annotated[str, typer.Argument(help="A topic.")],
    at: Annotated[
        datetime | None,
        typer.Argument(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"],
            help="A time (UTC); now by default.",
        ),
    ] = None,
) -> None:
    """Say which version scored a topic at a time, and why that one."""
    open_store()
    from mimawari.service.releases.versions import version_at

    moment = datetime.now(UTC) if at is None else at.replace(tzinfo=at.tzinfo or UTC)
    version = version_at(topic, moment)
    if version is None:
        remedy = "mimawari models history shows since when there is one"
        problem = f"nothing was in force for it at {moment:%Y-%m-%d %H:%M}"
        raise InvalidInputError(FieldProblem(topic, problem, remedy))
    until = "still" if version.until is None else f"until {version.until:%Y-%m-%d %H:%M:%S}"
    typer.echo(f"{topic} at {moment:%Y-%m-%d %H:%M:%S} UTC: generation {version.generation},")
    typer.echo(f"in force from {version.since:%Y-%m-%d %H:%M:%S}, {until}.")
    for line in _lines(version):
        typer.echo(f"  {line}")


@app.command()
def history(
    topic: Annotated[str, typer.Argument(help="A topic.")],
    most: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 20,
) -> None:
    """List what was in force for a topic, the newest first, by whom and why."""
    open_store()
    from mimawari.service.releases.versions import versions

    table = Table("from", "generation", "changed", "champion", "beside", "policy", "by", "why")
    for version in versions(topic, most=most):
        table.add_row(
            f"{version.since:%Y-%m-%d %H:%M:%S}",
            str(version.generation),
            ", ".join(version.changed),
            version.champion or "rules alone",
            ", ".join(f"{d.model} ({slot_text(d)})" for d in version.beside),
            "withdrawn" if version.topic_file is None else f"v{version.topic_file}",
            version.by,
            version.reason,
        )
    Console().print(table)


def _lines(version: TopicVersion) -> list[str]:
    policy = "withdrawn" if version.topic_file is None else f"topic file v{version.topic_file}"
    lines = [policy, f"champion: {version.champion or 'none, rules alone'}"]
    lines += [f"beside it: {d.model}, {slot_text(d)}" for d in version.beside]
    if version.trial is not None:
        lines.append(f"lists were made by trial {version.trial}")
    lines.append(f"changed then: {', '.join(version.changed)}")
    lines.append(f"by {version.by}: {version.reason}")
    if version.evidence:
        lines.append(f"on the evidence of {msgspec.json.encode(version.evidence).decode()}")
    return lines


def slot_text(deployment: Deployment) -> str:
    """Name a slot; of a canary, with its share of the sellers.

    Examples
    --------
    >>> slot_text(Deployment(model="weapons-1", slot=Slot.CANARY, share=0.05))
    'canary 5%'
    """
    share = f" {deployment.share:.0%}" if deployment.slot == Slot.CANARY else ""
    return f"{deployment.slot}{share}"
