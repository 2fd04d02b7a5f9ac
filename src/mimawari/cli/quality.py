"""`mimawari quality`: how far labels can be trusted, and what the lists miss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.evaluation.trust import ADVICE, Trusted
from mimawari.figures import WIDE, percent, three_figures

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.evaluation.bootstrap import Interval
    from mimawari.service.monitoring.quality import Moderator, Quality

app = typer.Typer(help="Quality of labels and lists.", no_args_is_help=True)
golden = typer.Typer(help="Cases of known verdict among moderators' items.", no_args_is_help=True)
app.add_typer(golden, name="golden")
Days = Annotated[int, typer.Option(min=1, max=3650, help="Days back from now.")]


def share(interval: Interval) -> str:
    """Write a share with its interval, or only that where it is too wide to say more.

    Examples
    --------
    >>> from mimawari.evaluation.bootstrap import Interval
    >>> share(Interval(0.5, 0.4, 0.63)), share(Interval(math.nan, math.nan, math.nan))
    ('50 % (40 to 63)', 'unknown')
    >>> share(Interval(1.0, 0.0321, 1.0))
    'too few to say (3 to 100 %)'
    """
    if math.isnan(interval.low) and math.isnan(interval.value):
        return "unknown"
    width = interval.high - interval.low
    low, high = percent(interval.low, width), percent(interval.high, width)
    if width > WIDE:
        return f"too few to say ({low} to {high} %)"
    value = "?" if math.isnan(interval.value) else f"{percent(interval.value, width)} %"
    return f"{value} ({low} to {high})"


def number(interval: Interval) -> str:
    """Write a coefficient with its interval."""
    if math.isnan(interval.value):
        return "unknown"
    return f"{interval.value:.2f} ({interval.low:.2f} to {interval.high:.2f})"


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


def misses_text(measured: Quality) -> str:
    """Say in a sentence what the list misses a day."""
    misses = measured.misses
    low, high = misses.missed.low / measured.days, misses.missed.high / measured.days
    if not misses.answered:
        return "Nothing explored has a label yet, so what is missed is unknown."
    return (
        f"Between {three_figures(low)} and {three_figures(high)} violations a day are missed "
        f"(95 %), from {misses.answered} explored listings of which {misses.violating} violate."
    )


def trust_text(measured: Trusted) -> str:
    """Say in a sentence or two how far probabilities can be trusted, and what to do.

    Examples
    --------
    >>> from mimawari.evaluation.trust import Trust
    >>> trust_text(Trusted(Trust.HOLD, "weapons-1", 300, 40, 90, evidence_shown=0.2))
    'Labels do not speak against them. From 300 labels, 90 sellers; evidence 0.20 of 1.'
    """
    if not measured.labels:
        return ADVICE[measured.trust]
    return (
        f"{ADVICE[measured.trust]} From {measured.labels} labels, {measured.sellers} sellers; "
        f"evidence {measured.evidence_shown:.2f} of 1."
    )


def correction_text(measured: Trusted) -> str:
    """Say what becomes of three probabilities.

    Examples
    --------
    >>> correction_text(Trusted(labels=9))
    '1 % is shown as 1 %, 10 % as 10 %, 50 % as 50 %'
    """
    if not measured.labels:
        return "none"
    low, middle, high = (
        f"{100 * p:.2g} %" for p in measured.correction.apply(np.array([0.01, 0.1, 0.5])).tolist()
    )
    return f"1 % is shown as {low}, 10 % as {middle}, 50 % as {high}"


def _show(out: Console, measured: Quality) -> None:
    out.print(_facts(measured))
    out.print(_people(measured.moderators))
    out.print(_slices(measured))
    for case in measured.disagreements:
        verdicts = ", ".join(f"{who} said {verdict}" for who, verdict in case.verdicts)
        out.print(f"{case.listing_id}: {verdicts} (policy v{case.policy_version})", markup=False)


def _facts(measured: Quality) -> Table:
    table = Table(title=f"{measured.topic}, last {measured.days} days", show_header=False)
    agreement = measured.agreement
    for name, value in (
        ("missed", misses_text(measured)),
        ("recall", share(measured.misses.recall)),
        ("prevalence", share(measured.misses.prevalence)),
        ("precision of the list", f"{share(measured.precision)}, {measured.judged} judged"),
        ("the same at all times", share(measured.precision_always)),
        ("calibration error", number(measured.calibration.error)),
        ("Brier score", number(measured.calibration.brier)),
        ("probabilities", trust_text(measured.probabilities)),
        ("correction", correction_text(measured.probabilities)),
        ("judged twice", f"{agreement.cases}, agreed {share(agreement.agreed)}"),
        ("Cohen's kappa", number(agreement.kappa)),
        ("Krippendorff's alpha", number(agreement.alpha)),
    ):
        table.add_row(name, value)
    return table


def _people(moderators: Sequence[Moderator]) -> Table:
    headings = ("name", "decisions", "unsure", "golden", "shared", "sensitivity", "specificity")
    table = Table(*headings, title="moderators")
    for moderator in moderators:
        rates = (f"{r:.2f}" for r in (moderator.sensitivity, moderator.specificity))
        asked = moderator.golden_items
        table.add_row(
            moderator.name,
            str(moderator.decisions),
            str(moderator.unsure),
            f"{share(moderator.golden)} of {asked}" if asked else "none",
            str(moderator.shared),
            *(rates if moderator.shared else ("", "")),
        )
    return table


def _slices(measured: Quality) -> Table:
    table = Table("kind", "slice", "judged", "precision", "", title="precision by slice")
    for part in measured.slices:
        mark = "differs" if part.differs else ""
        table.add_row(part.kind, part.name, str(part.n), share(part.precision), mark)
    return table


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
    for item in items.items_in_use():
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
