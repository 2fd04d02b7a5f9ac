"""`mimawari quality`: how far labels can be trusted, and what the lists miss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from mimawari.evaluation.bootstrap import Interval
    from mimawari.service.monitoring.quality import Quality

app = typer.Typer(help="Quality of labels and lists.", no_args_is_help=True)
golden = typer.Typer(help="Cases of known verdict among moderators' items.", no_args_is_help=True)
app.add_typer(golden, name="golden")
Days = Annotated[int, typer.Option(min=1, max=3650, help="Days back from now.")]


def share(told: Interval) -> str:
    """Write a share with its interval.

    Examples
    --------
    >>> from mimawari.evaluation.bootstrap import Interval
    >>> share(Interval(0.5, 0.4, 0.625)), share(Interval(math.nan, math.nan, math.nan))
    ('50 % (40 to 62.5)', 'unknown')
    """
    if math.isnan(told.low) and math.isnan(told.value):
        return "unknown"
    value = "?" if math.isnan(told.value) else f"{100 * told.value:.3g} %"
    return f"{value} ({100 * told.low:.3g} to {100 * told.high:.3g})"


def number(told: Interval) -> str:
    """Write a coefficient with its interval."""
    if math.isnan(told.value):
        return "unknown"
    return f"{told.value:.2f} ({told.low:.2f} to {told.high:.2f})"


@app.command()
def report(
    topic: Annotated[str, typer.Argument(help="A topic in force.")], days: Days = 28
) -> None:
    """Show agreement, moderators, what the list misses, precision, calibration and slices."""
    open_store()
    from mimawari.service.monitoring.quality import quality
    from mimawari.service.releases import generations

    newest = generations.current()
    known = sorted(newest.manifest.topics) if newest else []
    if topic not in known:
        remedy = f"use {', '.join(known)}" if known else "put topics in force first"
        raise InvalidInputError(FieldProblem("topic", f"{topic!r} is not in force", remedy))
    _show(Console(), quality(topic, days))


def misses_text(found: Quality) -> str:
    """Say in a sentence what the list misses a day."""
    low, high = found.misses.missed.low / found.days, found.misses.missed.high / found.days
    if not found.misses.answered:
        return "Nothing explored has a label yet, so what is missed is unknown."
    return (
        f"Between {low:.3g} and {high:.3g} violations a day are missed (95 %), from "
        f"{found.misses.answered} explored listings of which {found.misses.found} violate."
    )


def _show(out: Console, found: Quality) -> None:
    facts = Table(title=f"{found.topic}, last {found.days} days", show_header=False)
    told = found.agreement
    for name, value in (
        ("missed", misses_text(found)),
        ("recall", share(found.misses.recall)),
        ("prevalence", share(found.misses.prevalence)),
        ("precision of the list", f"{share(found.precision)}, {found.judged} judged"),
        ("the same at all times", share(found.precision_always)),
        ("calibration error", number(found.calibration.error)),
        ("Brier score", number(found.calibration.brier)),
        ("judged twice", f"{told.cases}, agreed {share(told.agreed)}"),
        ("Cohen's kappa", number(told.kappa)),
        ("Krippendorff's alpha", number(told.alpha)),
    ):
        facts.add_row(name, value)
    out.print(facts)
    people = Table(title="moderators")
    for heading in (
        "name",
        "decisions",
        "unsure",
        "golden",
        "shared",
        "sensitivity",
        "specificity",
    ):
        people.add_column(heading)
    for one in found.moderators:
        rates = [f"{r:.2f}" for r in (one.sensitivity, one.specificity)] if one.shared else ["", ""]
        right = f"{share(one.golden)} of {one.golden_items}" if one.golden_items else "none"
        people.add_row(
            one.name, str(one.decisions), str(one.unsure), right, str(one.shared), *rates
        )
    out.print(people)
    parts = Table(title="precision by slice")
    for heading in ("kind", "slice", "judged", "precision", ""):
        parts.add_column(heading)
    for part in found.slices:
        mark = "differs" if part.differs else ""
        parts.add_row(part.kind, part.name, str(part.n), share(part.precision), mark)
    out.print(parts)
    for case in found.disagreements:
        said = ", ".join(f"{who} said {verdict}" for who, verdict in case.said)
        out.print(f"{case.listing_id}: {said} (policy v{case.policy_version})", markup=False)


@golden.command("add")
def golden_add(
    listing: Annotated[str, typer.Argument(help="Identifier of a scored listing.")],
    topic: Annotated[str, typer.Argument()],
    verdict: Annotated[str, typer.Argument(help="violates or does_not_violate.")],
    reason: Annotated[str, typer.Option(help="Why the verdict is beyond doubt.")],
    by: By = None,
) -> None:
    """Make the newest version of a listing a golden item, or change its verdict."""
    open_store()
    from mimawari.service.review import golden as items

    item = items.add(listing, topic, verdict, acting(by), reason)
    typer.echo(f"golden item {item.pk}")


@golden.command("list")
def golden_list() -> None:
    """List the golden items that stand."""
    open_store()
    from mimawari.service.review import golden as items

    table = Table("number", "topic", "listing", "verdict", "reason")
    for item in items.standing():
        version = item.listing_version
        table.add_row(str(item.pk), item.topic, version.listing_id, item.expected, item.reason)
    Console().print(table)


@golden.command("retire")
def golden_retire(
    number: Annotated[int, typer.Argument(help="As 'golden list' shows it.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    by: By = None,
) -> None:
    """Serve a golden item no more."""
    open_store()
    from mimawari.service.review import golden as items

    items.retire(number, acting(by), reason)
