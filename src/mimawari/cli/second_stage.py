"""`mimawari second-stage`: a language model that re-ranks what a first stage put highest."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.options import By, Reason
from mimawari.cli.store import acting, open_store, open_store_for
from mimawari.figures import three_figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.second_stage.trying import CaseResult
    from mimawari.service.second_stage.worth import StageWorth

app = typer.Typer(help="Language models that re-rank the best of a day.", no_args_is_help=True)
File = Annotated[Path, typer.Argument(help="A second stage's file.")]
Topic = Annotated[str, typer.Argument(help="The topic.")]


@app.command("try")
def try_cases(file: File) -> None:
    """Run the test cases of a file against its endpoint, with the policy in force."""
    from mimawari.detectors.second_stage.stage_file import load_stage

    loaded = load_stage(file)
    open_store()
    from mimawari.service.second_stage.putting import try_stage

    cases = try_stage(loaded, _key())
    _show_cases(cases)
    if not all(case.passes for case in cases):
        raise typer.Exit(1)


@app.command()
def put(
    file: File,
    reason: Reason,
    slot: Annotated[str, typer.Option(help="champion re-ranks, shadow is only asked.")] = "shadow",
    override: Annotated[
        str, typer.Option(help="Why it is used although test cases fail; kept in the ledger.")
    ] = "",
    by: By = None,
) -> None:
    """Run the test cases, and put a second stage in force where all pass."""
    from mimawari.detectors.second_stage.stage_file import load_stage
    from mimawari.errors import FieldProblem, InvalidInputError
    from mimawari.records.deployment import Slot

    loaded = load_stage(file)
    if slot not in (Slot.CHAMPION, Slot.SHADOW):
        problem = FieldProblem("slot", f"is {slot[:40]!r}", "give champion or shadow")
        raise InvalidInputError(problem)
    open_store()
    from mimawari.service.second_stage.putting import put_stage

    done = put_stage(loaded, Slot(slot), acting(by), reason, _key(), override)
    _show_cases(done.cases)
    typer.echo(f"{done.version} is {slot} of {loaded.topic} (generation {done.generation}).")


@app.command()
def withdraw(topic: Topic, reason: Reason, by: By = None) -> None:
    """Let the first stage order a topic's list alone."""
    open_store()
    from mimawari.service.second_stage.putting import withdraw_stage

    number = withdraw_stage(topic, acting(by), reason)
    typer.echo(f"{topic} has no second stage any more (generation {number}).")


@app.command()
def show(by: By = None) -> None:
    """List the second stages in force, with their day so far."""
    open_store_for("quality:read", by)
    from mimawari.service.second_stage.standing import standing

    table = Table("topic", "version", "slot", "m", "wait", "asked today", "decisions", "state")
    for row in standing():
        budget = f" of {row.listings_a_day:,}" if row.listings_a_day else ""
        table.add_row(
            row.topic, row.version, row.slot, str(row.m), f"{row.wait_seconds:g} s",
            f"{row.asked_today:,}{budget}", f"{row.decisions:,}", row.away or "asked",
        )  # fmt: skip
    Console().print(table if table.rows else "No topic has a second stage.")


@app.command()
def worth(
    topic: Topic,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days back from now.")] = 28,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    by: By = None,
) -> None:
    """Show what a violation caught beyond the first stage costs, in seconds and money."""
    open_store()
    from mimawari.service.second_stage.worth import stage_worth

    measured = stage_worth(topic, days, acting(by))
    if measured is None:
        typer.echo(f"{topic} has no second stage.")
    elif json:
        typer.echo(msgspec.json.format(msgspec.json.encode(measured)).decode())
    else:
        _show_worth(measured)


def _key() -> str:
    from mimawari.detectors.remote import KEY_VARIABLE

    return os.environ.get(KEY_VARIABLE, "")


def _show_cases(cases: Sequence[CaseResult]) -> None:
    failing = [case for case in cases if not case.passes]
    for case in failing:
        typer.echo(f"{case.place}: {case.failure}")
    typer.echo(f"{len(cases) - len(failing)} of {len(cases)} test cases pass.")


def _show_worth(measured: StageWorth) -> None:
    gain = measured.gain
    typer.echo(f"{measured.stage} ({measured.slot}) of {measured.topic}, {measured.days} days:")
    typer.echo(
        f"{measured.asked:,} listings asked about, {measured.known:,} answers known before, "
        f"{measured.failed:,} without an answer"
    )
    typer.echo(
        f"{gain.caught:,} violations in {gain.reviewed:,} reviews that the first stage would not "
        f"have listed; {gain.lost:.1f} expected among what gave way"
    )
    typer.echo(f"expected gain by the weights in force: {gain.expected:.1f} violations")
    typer.echo(
        f"{measured.seconds:,.0f} s, {measured.input_tokens + measured.output_tokens:,} tokens, "
        f"{three_figures(measured.money)} {measured.currency}"
    )
    if measured.seconds_a_violation is None or measured.money_a_violation is None:
        typer.echo("no violation was gained beyond the first stage yet")
        return
    typer.echo(
        f"a violation beyond the first stage: {three_figures(measured.seconds_a_violation)} s, "
        f"{three_figures(measured.money_a_violation)} {measured.currency}"
    )
