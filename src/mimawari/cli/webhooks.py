"""`mimawari webhooks`: where events are sent, and how that fares."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mimawari.cli.options import By, Reason
from mimawari.cli.store import acting, open_store

if TYPE_CHECKING:
    from mimawari.service.delivery.status import EndpointSummary, ReceiptSummary

app = typer.Typer(help="Webhooks: where events are sent.", no_args_is_help=True)
Number = Annotated[int, typer.Argument(help="The endpoint's number.")]
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"]
NOTE = "Keep the secret: it is shown this once, and the receiver verifies signatures with it."


@app.command()
def add(
    url: Annotated[str, typer.Argument(help="Address, such as https://shop.example/moderation.")],
    kind: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only this type of event; repeat the option for several."),
    ] = None,
    description: Annotated[str, typer.Option(help="Whose it is.")] = "",
    since: Annotated[
        datetime | None, typer.Option(formats=FORMATS, help="Send from this time (UTC) on.")
    ] = None,
    by: By = None,
) -> None:
    """Add an endpoint, and show its secret once."""
    open_store()
    from mimawari.service.delivery import endpoints

    begins = _aware(since) if since else None
    endpoint, secret = endpoints.add(url, acting(by), kind or (), description, begins)
    typer.echo(f"Endpoint {endpoint.pk} is added. {NOTE}", err=True)
    typer.echo(secret)


@app.command("list")
def list_endpoints() -> None:
    """List endpoints: what waits, what is dead, what was answered last."""
    open_store()
    from mimawari.service.delivery.status import summaries

    table = Table("number", "address", "types", "state", "waiting", "dead", "last answer")
    for endpoint in summaries():
        table.add_row(
            str(endpoint.id),
            escape(f"{endpoint.url}\n{endpoint.description}".strip()),
            " ".join(endpoint.types) or "all",
            _state(endpoint),
            f"{endpoint.waiting:,}",
            f"{endpoint.dead:,}",
            escape(_answer(endpoint.last)),
        )
    Console().print(table)


@app.command("test")
def send(number: Number, by: By = None) -> None:
    """Send one event that tells of nothing, now; exit code 1 where it does not arrive."""
    open_store()
    from mimawari.service.delivery.testing import send_test

    attempt = send_test(number, acting(by))
    if not attempt.delivered:
        typer.echo(attempt.problem, err=True)
        raise typer.Exit(1)
    answer = f": {_printable(attempt.answer)}" if attempt.answer else ""
    typer.echo(f"Arrived: answered {attempt.status} after {attempt.seconds:.2f} s{answer}")


@app.command()
def rotate(
    number: Number,
    overlap_hours: Annotated[
        int, typer.Option(help="For how long the old secret signs beside the new one.")
    ] = 24,
    by: By = None,
) -> None:
    """Give an endpoint a new secret, and show it once."""
    open_store()
    from mimawari.service.delivery import endpoints

    secret = endpoints.rotate(number, acting(by), timedelta(hours=overlap_hours))
    typer.echo(f"The old secret signs for {overlap_hours} hours more. {NOTE}", err=True)
    typer.echo(secret)


@app.command()
def disable(number: Number, reason: Reason, by: By = None) -> None:
    """Send nothing more to an endpoint; what waits stays."""
    open_store()
    from mimawari.service.delivery import endpoints

    endpoints.disable(number, acting(by), reason)
    typer.echo(f"Endpoint {number} is disabled; it goes on where it was once it is enabled.")


@app.command()
def enable(number: Number, reason: Reason, by: By = None) -> None:
    """Go on where an endpoint was disabled."""
    open_store()
    from mimawari.service.delivery import endpoints

    endpoints.enable(number, acting(by), reason)
    typer.echo(f"Endpoint {number} is enabled.")


@app.command()
def replay(
    number: Number,
    since: Annotated[datetime, typer.Option(formats=FORMATS, help="From this time (UTC) on.")],
    reason: Reason,
    by: By = None,
) -> None:
    """Send everything from a time on once more, dead letters too, under the same identifiers."""
    open_store()
    from mimawari.service.delivery import endpoints

    place = endpoints.replay(number, _aware(since), acting(by), reason)
    typer.echo(f"Endpoint {number} is sent everything from place {place:,} of the ledger on.")


@app.command()
def dead(number: Number) -> None:
    """List what an endpoint never took, the newest first."""
    open_store()
    from mimawari.service.delivery import endpoints

    letters = endpoints.dead_letters(number)
    table = Table("place in the ledger", "listing", "tries", "last problem")
    for letter in letters:
        cells = escape(letter.order_key), str(letter.attempts), escape(letter.problem)
        table.add_row(f"{letter.sequence:,}", *cells)
    Console().print(table)


def _aware(given: datetime) -> datetime:
    """Take a time without a zone as UTC."""
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _state(endpoint: EndpointSummary) -> str:
    if not endpoint.active:
        return "disabled"
    if endpoint.failing_since:
        return f"failing since {endpoint.failing_since:%Y-%m-%d %H:%M}"
    return "active"


def _answer(last: ReceiptSummary | None) -> str:
    if last is None:
        return ""
    answer = str(last.status) if last.status else last.problem
    return _printable(f"{last.at:%Y-%m-%d %H:%M:%S}  {answer}  {last.seconds:.2f} s")


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
