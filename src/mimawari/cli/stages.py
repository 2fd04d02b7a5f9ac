"""`mimawari models validate|stage|promote|...`: a model's way to production and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.store import acting, open_store
from mimawari.cli.training import progress_bar
from mimawari.evaluation.gates import Stage
from mimawari.figures import three_figures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mimawari.evaluation.gates import Finding
    from mimawari.records.measured import Measured

app = typer.Typer(help="Stages of models.", no_args_is_help=True)
By = Annotated[str | None, typer.Option(help="Whose account; the system's user by default.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the ledger.")]
Version = Annotated[str, typer.Argument(help="A registered model.")]


@app.command()
def validate(
    version: Version,
    data_set: Annotated[
        str | None,
        typer.Option(help="Labels to judge by, of 'mimawari data make'; what is known now without"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write the report as Markdown.")
    ] = None,
    by: By = None,
) -> None:
    """Measure a model in a fresh process and on labels it has not seen; ends with 1 if it fails."""
    open_store()
    from mimawari.evaluation.validation.report import as_markdown
    from mimawari.service.validation.validating import validate as measure

    with progress_bar() as bar:
        line = bar.add_task("validating", total=None)
        validation = measure(
            version,
            acting(by),
            data_set,
            lambda what, done, of: bar.update(line, description=what, completed=done, total=of),
        )
    show_measured(validation.measured)
    show_findings(validation.findings)
    if output is not None:
        report = as_markdown(version, validation.measured, validation.findings)
        output.write_text(report, "utf-8")
        typer.echo(f"The report is {output}.")
    typer.echo(f"{version} is {'validated' if validation.passed else 'not validated'}.")
    if not validation.passed:
        raise typer.Exit(1)


@app.command()
def stage(
    version: Version,
    to: Annotated[Stage | None, typer.Option(help="Show all that this stage asks.")] = None,
) -> None:
    """Show the stages a model has been in, and what still closes the next ones."""
    open_store()
    from mimawari.service.releases import gates
    from mimawari.service.releases.activating import manifest_in_force
    from mimawari.service.releases.models import Release
    from mimawari.service.releases.stages import topic_of

    topic = topic_of(version)
    table = Table("at", "stage", "by", "why", "past the gates because")
    for row in Release.objects.filter(model=version).order_by("pk"):
        where = f"back to {row.stage}" if row.back else row.stage
        table.add_row(f"{row.at:%Y-%m-%d %H:%M}", where, row.actor, row.reason, row.override)
    Console().print(table)
    entry = manifest_in_force().topics.get(topic)
    known = gates.standing(version, topic, entry.champion if entry else None)
    for wanted in (to,) if to else (Stage.VALIDATED, Stage.SHADOW, Stage.CANARY, Stage.CHAMPION):
        findings = gates.findings(gates.gates_in_force(), known, wanted)
        failed = [finding for finding in findings if not finding.passed]
        typer.echo(f"{wanted}: {'not open' if failed else 'open'}")
        show_findings(findings if to else failed)


@app.command()
def promote(
    version: Version,
    to: Annotated[Stage, typer.Option(help="shadow, canary or champion.")],
    reason: Reason,
    share: Annotated[float, typer.Option(help="Of a canary: part of the sellers.")] = 0.05,
    override: Annotated[
        str, typer.Option(help="Why it may pass gates that it does not; kept with your name.")
    ] = "",
    by: By = None,
) -> None:
    """Let a model enter a stage where its gates hold; a second person approves where asked."""
    open_store()
    from mimawari.service.releases.models import ReleaseRequest
    from mimawari.service.releases.stages import Wish, enter

    wish = Wish(model=version, stage=to, reason=reason, share=share, override=override)
    entered = enter(wish, acting(by))
    if isinstance(entered, ReleaseRequest):
        typer.echo(
            f"{to} of {entered.topic} needs two persons: another one runs "
            f"'mimawari models approve {entered.pk} --reason WHY --by THEIR-ACCOUNT'."
        )
        return
    generation = f" as generation {entered.generation_id}" if entered.generation_id else ""
    past = " past its gates, by your name" if entered.override else ""
    typer.echo(f"{version} is {to}{generation}{past}.")


@app.command()
def requests() -> None:
    """List what waits for a second person."""
    open_store()
    from mimawari.service.releases.approving import open_requests

    table = Table("request", "model", "to", "asked by", "at", "why", "past the gates because")
    for row in open_requests():
        at = f"{row.at:%Y-%m-%d %H:%M}"
        cells = (row.model, row.stage, row.actor, at, row.reason, row.override)
        table.add_row(str(row.pk), *cells)
    Console().print(table)


@app.command()
def approve(
    request: Annotated[int, typer.Argument(help="Of 'mimawari models requests'.")],
    reason: Reason,
    by: By = None,
) -> None:
    """Carry out what another person asked for."""
    open_store()
    from mimawari.service.releases.approving import approve as carry_out

    release = carry_out(request, acting(by), reason)
    generation = f" as generation {release.generation_id}" if release.generation_id else ""
    typer.echo(f"{release.model} is {release.stage}{generation}.")


@app.command()
def refuse(
    request: Annotated[int, typer.Argument(help="Of 'mimawari models requests'.")],
    reason: Reason,
    by: By = None,
) -> None:
    """Close a request without carrying it out."""
    open_store()
    from mimawari.service.releases.approving import refuse as close

    close(request, acting(by), reason)
    typer.echo(f"Request {request} is refused.")


@app.command()
def rollback(
    topic: Annotated[str, typer.Argument(help="A topic.")],
    reason: Reason,
    to: Annotated[
        str | None,
        typer.Option(help="A model that served it before, or 'rules'; the one before by default."),
    ] = None,
    by: By = None,
) -> None:
    """Put in force what served a topic before, at once; no gate stands in the way back."""
    open_store()
    from mimawari.service.releases.going_back import roll_back

    release = roll_back(topic, acting(by), reason, "" if to == "rules" else to)
    serving = release.model or "the rules alone"
    typer.echo(f"{topic} is back with {serving} as generation {release.generation_id}.")


@app.command()
def guards(
    topic: Annotated[str, typer.Argument(help="One topic; all by default.")] = "",
) -> None:
    """Show which models are watched, and how far each guard is from sending the topic back."""
    open_store()
    from mimawari.service.guards.reading import guards_of

    views = guards_of(topic=topic)
    table = Table("topic", "model", "as", "watched", "guard", "seen", "allowed", "evidence")
    for view in views:
        until = view.ended_at or view.until
        times = f"{view.since:%Y-%m-%d %H:%M} - {f'{until:%Y-%m-%d %H:%M}' if until else ''}"
        cells = (view.topic, view.model, view.slot, times)
        for standing in view.standings:
            seen, limit = three_figures(standing.share), three_figures(standing.limit)
            table.add_row(*cells, standing.guard, seen, limit, f"{standing.evidence:.0%}")
            cells = ("", "", "", "")
    Console().print(table)
    for view in views:
        if view.breach:
            typer.echo(f"{view.model}: {view.breach} ({view.breached_at:%Y-%m-%d %H:%M})")
        if view.problem:
            typer.echo(f"{view.topic} could not go back: {view.problem}", err=True)
    if not views:
        typer.echo("Nothing is watched: a model is from the minute it is champion or canary.")


@app.command()
def retire(version: Version, reason: Reason, by: By = None) -> None:
    """Note that a model is wanted no more; nobody promotes it again."""
    open_store()
    from mimawari.service.releases.going_back import retire as note

    note(version, acting(by), reason)
    typer.echo(f"{version} is retired.")


def show_measured(measured: Measured) -> None:
    """Print figures with their intervals, and why others are absent."""
    from mimawari.evaluation.validation.report import absent_of, figure_cells

    table = Table("measure", "value", "95 % interval", "of", "")
    for figure in measured.figures:
        table.add_row(*figure_cells(figure))
    Console().print(table, highlight=False)
    for line in absent_of(measured):
        typer.echo(line)


def show_findings(findings: Iterable[Finding]) -> None:
    """Print what each gate says."""
    for finding in findings:
        mark = "+" if finding.passed else "-"
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        typer.echo(f"  {mark} {finding.stage}: {finding.statement}{remedy}")
