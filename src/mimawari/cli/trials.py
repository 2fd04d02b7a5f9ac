"""What `mimawari backtest` and `mimawari experiment` share: finding, listing and showing trials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from mimawari.service.trials.models import Trial

console = Console()


def find(number: int, *kinds: str) -> Trial:
    """Find a trial by its number."""
    from mimawari.service.trials.models import Trial

    trial = Trial.objects.filter(pk=number, kind__in=kinds).first()
    if trial is None:
        problem = f"{number} is no {' or '.join(kinds)}"
        raise InvalidInputError(FieldProblem("trial", problem, "see the list"))
    return trial


def show_list(*kinds: str) -> None:
    """Print the trials, those that run first, then the newest."""
    from mimawari.service.trials.trial_summary import list_trials

    table = Table("trial", "kind", "topic", "candidate", "state", "reviews", "gain in points")
    for trial in list_trials(kinds).trials:
        seen = trial.evidence
        table.add_row(
            str(trial.trial),
            trial.kind,
            trial.topic,
            trial.candidate,
            trial.outcome or trial.state,
            str(seen.reviews if seen else 0),
            interval(seen.low, seen.high) if seen else "",
        )
    console.print(table)


def show(trial: Trial) -> None:
    """Print everything that is known of a trial."""
    from mimawari.service.trials.event_bodies import said_of
    from mimawari.service.trials.trial_summary import summarise

    summary = summarise(trial)
    state = summary.outcome or summary.state
    console.print(f"[bold]{summary.kind} {summary.trial}[/] of {summary.topic}: {state}")
    console.print(
        f"{summary.candidate} against {summary.champion or 'rules alone'}", highlight=False
    )
    console.print(summary.statement, highlight=False)
    rows: list[tuple[str, str]] = []
    if summary.evidence:
        seen = summary.evidence
        rows += [
            ("reviews", f"{seen.reviews:,}"),
            ("evidence to promote", f"{max(0.0, seen.promote):.0%} of what it takes"),
            ("evidence to reject", f"{max(0.0, seen.reject):.0%} of what it takes"),
            ("gain in points of Precision@K", interval(seen.low, seen.high)),
        ]
    if summary.gained and summary.gained.reviews:
        rows.append(("violations gained", f"{summary.gained.found - summary.gained.instead:+.0f}"))
    rows += [("waits for", reason) for reason in summary.waits_for]
    if summary.today:
        asked = f"{summary.today.waiting} wait, {summary.today.decided} decided"
        rows.append(("asked today", f"{asked}; capacity {summary.today.capacity}"))
    table = Table(show_header=False, box=None)
    for row in rows:
        table.add_row(*row)
    console.print(table)
    for event in summary.events:
        statement = said_of(event.body)
        line = f"{event.at:%Y-%m-%d %H:%M} {event.kind} by {event.actor} {statement}"
        console.print(line.rstrip(), highlight=False, markup=False)


def interval(low: float | None, high: float | None) -> str:
    """Write an interval of shares in percentage points.

    Examples
    --------
    >>> interval(-0.012, 0.3)
    '-1.2 to +30.0'
    """
    return "" if low is None or high is None else f"{100 * low:+.1f} to {100 * high:+.1f}"
