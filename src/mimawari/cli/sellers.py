"""`mimawari sellers`: trusted and exempt sellers, as recorded policy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from mimawari.cli.options import By, Reason
from mimawari.cli.store import acting, open_store, open_store_for
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from mimawari.records.standing import Standing

app = typer.Typer(help="Trusted and exempt sellers.", no_args_is_help=True)
Seller = Annotated[str, typer.Argument(help="As listings name it (seller_id).")]
Topics = Annotated[
    list[str] | None, typer.Option("--topic", help="In this topic only; may be repeated.")
]
Until = Annotated[str, typer.Option(help="When it ends, such as 2027-01-31; never by default.")]


@app.command()
def trust(
    seller: Seller, reason: Reason, topic: Topics = None, until: Until = "", by: By = None
) -> None:
    """Alert a seller's listings from the topic's trusted_from on only, and hide none unseen."""
    from mimawari.records.standing import Standing

    _record(seller, Standing.TRUSTED, topic, reason, until, by)


@app.command()
def exempt(
    seller: Seller, reason: Reason, topic: Topics = None, until: Until = "", by: By = None
) -> None:
    """Alert none of a seller's listings, but for what the exploration slice draws."""
    from mimawari.records.standing import Standing

    _record(seller, Standing.EXEMPT, topic, reason, until, by)


@app.command()
def clear(seller: Seller, reason: Reason, topic: Topics = None, by: By = None) -> None:
    """Treat a seller like any other again."""
    from mimawari.records.standing import Standing

    _record(seller, Standing.CLEARED, topic, reason, "", by)


def _record(
    seller: str,
    standing: Standing,
    topics: list[str] | None,
    reason: str,
    until: str,
    by: str | None,
) -> None:
    open_store()
    from mimawari.service.catalogue.seller_policy import record_standing

    end = _end_of(until)
    record_standing(seller, standing, topics or [], acting(by), reason, end)
    where = ", ".join(topics or ["all topics"])
    limit = f" until {end:%Y-%m-%d %H:%M} UTC" if end else ""
    typer.echo(f"The seller is {standing} in {where}{limit}.")


def _end_of(text: str) -> datetime | None:
    """Read a day or a time; without a zone it is UTC."""
    if not text:
        return None
    try:
        end = datetime.fromisoformat(text)
    except ValueError as error:
        problem = FieldProblem("--until", f"is {text[:40]!r}", "write a day such as 2027-01-31")
        raise InvalidInputError(problem) from error
    return end.replace(tzinfo=UTC) if end.tzinfo is None else end


@app.command("list")
def list_sellers(
    seller: Annotated[str, typer.Option(help="Of this seller only.")] = "",
    include_over: Annotated[bool, typer.Option("--all", help="What no longer holds too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many.")] = 100,
    by: By = None,
) -> None:
    """Show which sellers are trusted or exempt, what was recorded last first."""
    open_store_for("actions:read", by)
    from mimawari.service.accounts.authority import authority_of
    from mimawari.service.catalogue.seller_policy import recorded_standings

    authority = authority_of(acting(by))
    rows = recorded_standings(
        seller, only_in_force=not include_over, topics=authority.topics, most=limit
    )
    table = Table("seller", "standing", "topic", "since", "until", "reason")
    for row in rows:
        end = f"{row.expires_at:%Y-%m-%d %H:%M}" if row.expires_at else ""
        since = f"{row.at:%Y-%m-%d %H:%M}"
        table.add_row(row.seller, row.standing, row.topic or "all", since, end, row.reason)
    Console().print(table if rows else "No seller is trusted or exempt.")
