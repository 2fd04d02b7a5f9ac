"""`mimawari data`: versions of the moderators' labels, as of a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.options import By
from mimawari.cli.store import acting, open_store_for
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.datasets.card import Card
    from mimawari.datasets.differences import Difference
    from mimawari.datasets.finding import Finding

app = typer.Typer(help="Data sets.", no_args_is_help=True)
MARKS = {"passed": "passed", "caution": "caution", "stops": "stops it"}
Version = Annotated[str, typer.Argument(help="A version, or a name: then its newest version.")]


@app.command()
def make(
    topics: Annotated[list[str], typer.Argument(help="Topics in force.")],
    name: Annotated[
        str | None, typer.Option(help="Of the series of versions; by default the first topic.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"],
            help="What was decided by this time (UTC); now by default.",
        ),
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="CHECK=REASON: a finding that does not stop it; may be repeated."),
    ] = None,
    by: By = None,
) -> None:
    """Keep what is known of these topics as a version that never changes."""
    open_store_for("exports:read", by)
    from mimawari.service.data_sets.making import Request, make

    at = datetime.now(UTC) if until is None else until.replace(tzinfo=until.tzinfo or UTC)
    request = Request(name or topics[0], tuple(topics), at, accepted(accept or []))
    stored = make(request, acting(by))
    _show_card(stored.card)
    _show_findings(stored.card.findings)
    typer.echo(f"{stored.pk} is kept.")


@app.command("list")
def list_data_sets(by: By = None) -> None:
    """List what was made, the newest last."""
    open_store_for("exports:read", by)
    from mimawari.service.catalogue.models import DataSetVersion

    table = Table("data set", "topics", "listings", "violating", "until", "made", "by")
    for stored in DataSetVersion.objects.order_by("created_at", "pk"):
        card = stored.card
        violating = ", ".join(f"{topic.violating:,}" for topic in card.topics.values())
        table.add_row(
            stored.pk,
            ", ".join(card.topics),
            f"{card.rows:,}",
            violating,
            _day(card.origin.until),
            _day(stored.created_at),
            stored.actor,
        )
    Console().print(table)


@app.command()
def show(version: Version, by: By = None) -> None:
    """Show what a version holds, and what its checks found."""
    open_store_for("exports:read", by)
    from mimawari.service.data_sets.reading import by_version

    stored = by_version(version)
    typer.echo(f"{stored.pk}, made {_day(stored.created_at)} by {stored.actor}")
    _show_card(stored.card)
    _show_findings(stored.card.findings)
    for accepted in stored.card.accepted:
        typer.echo(f"{accepted.check} was accepted by {accepted.by}: {accepted.reason}")


@app.command()
def diff(
    before: Version,
    after: Version,
    rows: Annotated[bool, typer.Option("--rows", help="List every label that differs.")] = False,
    by: By = None,
) -> None:
    """Say which labels came, went and changed between two versions, and why."""
    open_store_for("exports:read", by)
    from mimawari.service.data_sets.reading import by_version, changes

    old, new = by_version(before), by_version(after)
    changed = changes(old, new)
    typer.echo(f"{old.pk} to {new.pk}: {len(changed):,} labels differ.")
    _show_changes(changed)
    if rows:
        for change in changed:
            value = f"{_value(change.before)} -> {_value(change.after)}"
            row = (f"{change.listing} v{change.version}", change.topic, change.change, value)
            typer.echo("\t".join((*row, change.why)))


@app.command()
def verify(version: Version, by: By = None) -> None:
    """Read a version's rows, and see that they are those that its name is the hash of."""
    open_store_for("exports:read", by)
    from mimawari.service.data_sets.reading import by_version, rows_of

    stored = by_version(version)
    typer.echo(f"{stored.pk}: {len(rows_of(stored)):,} listings, unchanged.")


def accepted(given: Sequence[str]) -> dict[str, str]:
    """Read findings that are accepted, each with its reason.

    Raises
    ------
    InvalidInputError
        One has no reason.
    """
    reasons = {}
    for text in given:
        check, separator, reason = text.partition("=")
        if not separator:
            remedy = "write CHECK=REASON, such as conflicting='decided again next week'"
            raise InvalidInputError(FieldProblem("--accept", f"is {text!r}", remedy))
        reasons[check.strip()] = reason.strip()
    return reasons


def _show_card(card: Card) -> None:
    table = Table("topic", "labels", "violating", "sellers", "policy versions", "left out")
    for topic, counted in card.topics.items():
        versions = ", ".join(f"v{v}: {n:,}" for v, n in counted.policy_versions.items())
        left_out = f"{counted.unsettled:,} unsettled, {counted.unjoined:,} erased"
        left_out += f", {counted.edge_cases:,} edge cases" if counted.edge_cases else ""
        table.add_row(
            topic,
            f"{counted.labels:,}",
            f"{counted.violating:,} of {counted.violating_sellers:,} sellers",
            f"{counted.sellers:,}",
            versions,
            left_out,
        )
    Console().print(table)
    languages = ", ".join(f"{name} {count:,}" for name, count in card.languages.items())
    typer.echo(
        f"{card.rows:,} listings of {card.sellers:,} sellers, listed {_day(card.first)} to "
        f"{_day(card.last)}; languages: {languages}; decided by {_day(card.origin.until)}."
    )


def _show_findings(findings: Sequence[Finding]) -> None:
    table = Table("check", "topic", "measured", "limit", "")
    for finding in findings:
        words = f"{MARKS[finding.level]}: {finding.problem}" if finding.problem else "passed"
        values = f"{finding.value:.3g}", f"{finding.limit:.3g}"
        table.add_row(finding.check, finding.topic, *values, words)
    Console().print(table)


def _show_changes(changed: Sequence[Difference]) -> None:
    from mimawari.datasets.differences import counts

    table = Table("topic", "change", "why", "labels")
    for (topic, change, why), count in counts(changed).items():
        table.add_row(topic, change, why, f"{count:,}")
    if changed:
        Console().print(table)


def _day(at: datetime | None) -> str:
    return "unknown" if at is None else f"{at:%Y-%m-%d %H:%M}"


def _value(value: int | None) -> str:
    return "unknown" if value is None else "violates" if value else "does not"
