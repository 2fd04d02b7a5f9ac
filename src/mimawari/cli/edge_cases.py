"""`mimawari edge-cases`: hard listings that every candidate of a topic is tried on."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store
from mimawari.cli.training import progress_bar

app = typer.Typer(help="Hard listings that candidates are tried on.", no_args_is_help=True)


@app.command()
def add(
    listing: Annotated[str, typer.Argument(help="Identifier of a listing in the log.")],
    topic: Annotated[str, typer.Argument()],
    why: Annotated[
        str,
        typer.Option(help="missed_violation, false_alarm, disagreement, disguise or reported."),
    ],
    reason: Annotated[str, typer.Option(help="What makes it hard; kept in the ledger.")],
    verdict: Annotated[
        str, typer.Option(help="violates or does_not_violate, where no decision stands.")
    ] = "",
    version: Annotated[int | None, typer.Option(help="Of the listing; the newest without.")] = None,
    by: By = None,
) -> None:
    """Keep a listing whole, with the verdict that stands; from now on it teaches no model."""
    open_store()
    from mimawari.service.review import hard_cases

    case = hard_cases.add(listing, topic, why, acting(by), reason, verdict, version)
    typer.echo(f"edge case {case.pk}: {case.listing_id} v{case.version} {case.verdict}")


@app.command("list")
def list_cases(
    topic: Annotated[str, typer.Argument()],
    ended: Annotated[bool, typer.Option("--all", help="Those that judge no more, too.")] = False,
) -> None:
    """List the edge cases of a topic, the newest first."""
    open_store()
    from mimawari.service.edge_cases.bank import all_cases, listing_of

    table = Table("number", "listing", "title", "verdict", "why", "added", "by", "ended")
    for case in all_cases(topic):
        end = getattr(case, "end", None)
        if end is not None and not ended:
            continue
        how = "" if end is None else "erased" if end.erased else f"{end.actor}: {end.reason}"
        table.add_row(
            str(case.pk),
            f"{case.listing_id} v{case.version}",
            listing_of(case).title,
            case.verdict,
            case.why,
            f"{case.added_at:%Y-%m-%d}",
            case.actor,
            how,
        )
    Console().print(table)


@app.command()
def retire(
    number: Annotated[int, typer.Argument(help="As 'edge-cases list' shows it.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the ledger.")],
    by: By = None,
) -> None:
    """Let an edge case judge no more; it stays in the bank."""
    open_store()
    from mimawari.service.edge_cases.bank import retire as end

    end(number, acting(by), reason)
    typer.echo(f"edge case {number} judges no more.")


@app.command()
def check(
    version: Annotated[str, typer.Argument(help="A registered model.")],
    by: By = None,
) -> None:
    """Try a model on the edge cases of its topic; ends with 1 where it loses any.

    Nothing is kept of it: 'mimawari models validate' measures the same for the gates.
    """
    open_store()
    from mimawari.cli.stages import show_measured
    from mimawari.evaluation.validation.edge_cases import LOST
    from mimawari.service.validation.edge_cases import try_edge_cases

    with progress_bar() as bar:
        line = bar.add_task("trying", total=None)
        measured = try_edge_cases(
            version,
            acting(by),
            lambda what, done, of: bar.update(line, description=what, completed=done, total=of),
        )
    show_measured(measured)
    for named in measured.tables:
        if named.rows:
            table = Table(*named.columns, title=named.title)
            for cells in named.rows:
                table.add_row(*cells)
            Console().print(table)
    lost = next((figure.value for figure in measured.figures if figure.measure == LOST), 0.0)
    if lost:
        raise typer.Exit(1)
