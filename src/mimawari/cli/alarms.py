"""`mimawari alarms`: what is not as it should be."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mimawari.cli.options import By, Reason
from mimawari.cli.store import acting, open_store

if TYPE_CHECKING:
    from mimawari.service.alarms.reading import AlarmShown

app = typer.Typer(help="Alarms: what is not as it should be.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="The alarm's number.")]
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M"]


@app.command("list")
def list_alarms(
    topic: Annotated[str, typer.Option(help="Of this topic only.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
) -> None:
    """List alarms that are not resolved, newest first."""
    open_store()
    from django.utils import translation

    from mimawari.service.alarms import reading, words

    translation.activate("en")  # as all that commands say
    rows = reading.alarms_of(topic=topic, state="" if everything else "open", most=reading.MOST)
    if not rows:
        typer.echo(f"No alarm.{_learning()}")
        return
    table = Table("number", "state", "what", "measured", "seen")
    for row in rows:
        table.add_row(
            str(row.id),
            f"{row.state}\n{row.severity}",
            escape(_what(row)),
            escape(words.measured(row.latest)),
            f"{row.times:,} times\n{_time(row.last_seen_at)}",
        )
    Console().print(table)


@app.command()
def show(number: Number) -> None:
    """Show an alarm: what was measured against what, since when, and what was done about it."""
    open_store()
    from django.utils import translation

    from mimawari.service.alarms import reading, words
    from mimawari.service.alarms.changing import unknown

    translation.activate("en")  # as all that commands say
    row = reading.alarm(number)
    if row is None:
        raise unknown(number)
    lines = [
        f"alarm {row.id}: {_what(row)}",
        f"severity {row.severity}, {row.state} {_time(row.changed_at)} by {row.actor}",
        f"opened with {words.measured(row.figures)} ({row.figures.number:,} counted)",
        f"last {words.measured(row.latest)} ({row.latest.number:,} counted)",
        f"began {_time(row.began_at)}, opened {_time(row.opened_at)}",
        f"seen {row.times:,} times, last {_time(row.last_seen_at)}",
    ]
    if row.note:
        lines.append(f"why: {row.note}")
    if row.until:
        lines.append(f"until {_time(row.until)}")
    for line in lines:
        typer.echo(line)


@app.command()
def acknowledge(
    number: Number,
    reason: Reason,
    until: Annotated[
        datetime | None,
        typer.Option(formats=FORMATS, help="Until this time (UTC); then it is opened again."),
    ] = None,
    by: By = None,
) -> None:
    """Say that somebody looks after an alarm."""
    open_store()
    from mimawari.service.alarms import changing

    given = until.replace(tzinfo=UTC) if until and not until.tzinfo else until
    changing.acknowledge(number, acting(by), reason, given)
    typer.echo(f"Alarm {number} is acknowledged.")


@app.command()
def resolve(number: Number, reason: Reason, by: By = None) -> None:
    """Say that an alarm is over; where it is seen again, a new one is opened."""
    open_store()
    from mimawari.service.alarms import changing

    changing.resolve(number, acting(by), reason)
    typer.echo(f"Alarm {number} is resolved.")


def _learning() -> str:
    """Say where no alarm says little yet."""
    from mimawari.service.monitoring.drifting.course import learning_until

    until = learning_until()
    return f" What is usual is being learnt until {until:%Y-%m-%d}." if until else ""


def _what(row: AlarmShown) -> str:
    names = [name for name in (row.topic, row.deployment, row.stream) if name]
    text = f"{row.kind} {', '.join(names)}".rstrip()
    return "".join(c if c.isprintable() else " " for c in text)


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
