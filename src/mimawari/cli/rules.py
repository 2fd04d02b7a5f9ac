"""`mimawari rules`: check, test, replay and activate topic files."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from mimawari.cli.reading import Currency, listings_of
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mimawari.detectors.rules.replay import ReplayReport, Sample
    from mimawari.detectors.topicfile import TopicFile
    from mimawari.listings.listing import Listing

app = typer.Typer(help="Check, test, replay and activate topic files.", no_args_is_help=True)
RECENT = 10_000
MOST_SHOWN = 200
Files = Annotated[list[Path], typer.Argument(help="Topic files, TOML or YAML.")]
File = Annotated[Path, typer.Argument(help="A topic file, TOML or YAML.")]
Limit = Annotated[
    float, typer.Option(min=0, max=1, help="Share of flagged listings that is too many.")
]


@contextmanager
def problems_shown() -> Iterator[None]:
    """Print the problems of input, one a line, and end with exit code 1."""
    try:
        yield
    except InvalidInputError as error:
        console = Console(stderr=True)
        for problem in error.problems:
            console.print(f"[red]error[/] {escape(str(problem))}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from error


@app.command("check")
def check(files: Files) -> None:
    """Check topic files: their keys, their patterns and their rules' examples."""
    with problems_shown():
        loaded = _load(files)
        _compile(loaded)
    for topic in loaded:
        typer.echo(f"{topic.source}: {topic.topic}, {len(topic.rules)} rules, no problem found.")


@app.command("test")
def test(files: Files) -> None:
    """Run the rules' examples and show a line for each rule."""
    from mimawari.detectors.rules import RuleSet
    from mimawari.detectors.rules.examples import failures

    with problems_shown():
        rules = RuleSet.compile(_load(files), run_examples=False)
        failed = failures(rules.matcher)
        table = Table("rule", "severity", "match", "no match", "outcome")
        for compiled in rules.rules:
            wrong = sum(f.rule == compiled.name for f in failed)
            outcome = f"[red]{wrong} wrong[/]" if wrong else "[green]as said[/]"
            counts = (str(len(compiled.rule.match)), str(len(compiled.rule.no_match)))
            table.add_row(compiled.name, compiled.rule.severity.value, *counts, outcome)
        Console().print(table)
        if failed:
            raise InvalidInputError(*(f.problem for f in failed))


@app.command("replay")
def replay(
    file: File,
    listings: Annotated[
        Path | None, typer.Option(help="Listings to read: CSV, JSONL or Parquet.")
    ] = None,
    last: Annotated[int | None, typer.Option(min=1, help="Read the last N stored ones.")] = None,
    limit: Limit = 0.01,
    currency: Currency = None,
) -> None:
    """Show what a topic file would have flagged; nothing is stored."""
    with problems_shown():
        if (listings is None) == (last is None):
            raise _problem("--listings", "and --last: exactly one is needed", "give one of them")
        (topic,) = _load([file])
        replayed = _recent(last) if last else _listings_of(listings or Path(), currency)
        report = _replay(topic, replayed, limit)
    _show(report)


@app.command("activate")
def activate(
    file: File,
    reason: Annotated[str, typer.Option(help="Why; stands in the ledger.")],
    by: Annotated[
        str | None, typer.Option(help="Whose account; the system's user by default.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Even where it flags too many.")] = False,
    limit: Limit = 0.01,
) -> None:
    """Put a topic file in force, unless it flags too many of the last 10,000 listings."""
    with problems_shown():
        if not reason.strip():
            raise _problem("--reason", "is empty", "write a text")
        (topic,) = _load([file])
        report = _replay(topic, _recent(RECENT), limit)
        _show(report)
        if report.flags_too_many and not force:
            problem = f"flags {report.share:.2%} of {report.seen:,} listings, over {limit:.2%}"
            raise _problem(file.name, problem, "narrow its rules, or add --force")
        from mimawari.cli.store import acting
        from mimawari.service.releases.activating import activate_topic_file

        number = activate_topic_file(file, acting(by), reason.strip())
    typer.echo(f"{topic.topic} is in force as generation {number}.")


def _load(files: Iterable[Path]) -> list[TopicFile]:
    """Load every file, and raise with the problems of all of them."""
    from mimawari.detectors.topicfile import load

    loaded: dict[str, TopicFile] = {}
    problems: list[FieldProblem] = []
    for path in files:
        try:
            topic = load(path)
        except InvalidInputError as error:
            problems += error.problems
            continue
        if topic.topic in loaded:
            problem = f"{topic.topic!r} is also the topic of {loaded[topic.topic].source}"
            problems.append(FieldProblem(f"{path.name}: topic", problem, "rename one of them"))
        loaded[topic.topic] = topic
    if problems:
        raise InvalidInputError(*problems)
    return list(loaded.values())


def _compile(loaded: list[TopicFile]) -> None:
    from mimawari.detectors.rules import RuleSet

    RuleSet.compile(loaded)


def _problem(field: str, problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(field, problem, remedy))


def _listings_of(path: Path, currency: str | None) -> Iterator[Listing]:
    try:
        yield from listings_of(path, currency)
    except OSError as error:
        problem = str(error.strerror or error).lower()
        raise _problem(str(path), problem, "name a file of listings") from error


def _recent(n: int) -> Iterator[Listing]:
    from mimawari.cli.store import open_store

    open_store()
    from mimawari.service.intake.recent import recent_listings

    return recent_listings(n)


def _replay(topic: TopicFile, listings: Iterable[Listing], limit: float) -> ReplayReport:
    from mimawari.detectors.rules.replay import replay as run

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as progress:
        task = progress.add_task("0 listings", total=None)
        return run(
            topic,
            listings,
            limit=limit,
            on_progress=lambda n: progress.update(task, description=f"{n:,} listings"),
        )


def _show(report: ReplayReport) -> None:
    console = Console()
    table = Table("rule", "listings", title=f"{report.topic}: replay")
    for rule, count in report.by_rule.most_common():
        table.add_row(rule, f"{count:,}")
    console.print(table)
    for sample in report.samples:
        console.print(_marked(sample), soft_wrap=True)
    summary = f"{report.flagged:,} of {report.seen:,} listings are flagged ({report.share:.2%})."
    console.print(summary, highlight=False)
    if report.flags_too_many:
        warning = f"warning: that is over {report.limit:.2%}; look at the listings above."
        Console(stderr=True).print(warning, style="yellow", highlight=False)


def _marked(sample: Sample) -> Text:
    """Write a listing's title, or else its description, with what flagged it set off."""
    # Sellers write titles: none of their control characters may reach the terminal.
    listing = sample.listing
    shown, first = (listing.title, 0) if listing.title else (listing.description[:MOST_SHOWN], 1)
    title = Text(_printable(shown))
    for span in sample.spans:
        start, end = max(span.start - first, 0), min(span.end - first, len(shown))
        if start < end:
            title.stylize("bold red", start, end)
    return Text.assemble(
        _printable(sample.listing.id), "  ", title, "  ", (", ".join(sample.rules), "dim")
    )


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
