"""``mimawari train``: one topic's model from labelled listings."""

from __future__ import annotations

import dataclasses
import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from mimawari.cli.reading import Currency, LabelColumn, reading_of
from mimawari.cli.training import DataSetSource, gain_since, progress_bar, read_task, source_of
from mimawari.cli.training_options import (
    Augment,
    Capacity,
    Earlier,
    Encoder,
    HiddenShare,
    Images,
    Least,
    RulesFile,
    Sentences,
)
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from rich.console import Console

    from mimawari.evaluation.choosing.compare import Comparison
    from mimawari.evaluation.choosing.task import Task
    from mimawari.records.lineage import Lineage


def train(
    topic: Annotated[str, typer.Option(help="Topic to train; any name.")],
    source: Annotated[
        Path | None,
        typer.Option("--from", help="CSV, JSONL or Parquet with a column label:TOPIC."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder of the model; must be new.")
    ] = None,
    algorithm: Annotated[
        str,
        typer.Option(
            help="linear, tfidf, gbdt, gmu, sentences, ensemble, or auto: compare all, take one."
        ),
    ] = "gbdt",
    data_set: Annotated[
        str | None,
        typer.Option(help="A version that 'mimawari data make' kept, or a name: its newest."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%z"],
            help="Labels from before this time only (UTC): what a back-test from then on asks for.",
        ),
    ] = None,
    least: Least = 20,
    capacity: Capacity = None,
    rules: RulesFile = None,
    images: Images = None,
    encoder: Encoder = None,
    sentences: Sentences = None,
    augment: Augment = None,
    hidden_share: HiddenShare = 0.1,
    resume: Annotated[
        Path | None,
        typer.Option(help="Folder of checkpoints: a training of gmu that was stopped goes on."),
    ] = None,
    earlier: Earlier = None,
    currency: Currency = None,
    label_column: LabelColumn = None,
) -> None:
    """Train a topic's model from the moderators' decisions, or from a file."""
    until = until.replace(tzinfo=until.tzinfo or UTC) if until else None
    now = datetime.now(UTC)
    folder = output or Path("models") / f"{topic}-{now:%Y%m%dT%H%M%S}"
    try:
        from mimawari.evaluation.choosing.prepare import Beside, settings_of
        from mimawari.evaluation.choosing.train import kinds_of, signed

        kept = _kept(data_set, source, until)
        until = until if kept is None else kept.until
        lineage = signed(getpass.getuser(), now, until, source is not None)
        if kept is not None:
            lineage = msgspec.structs.replace(lineage, data_set=kept.version)
        beside = Beside(rules, images, encoder, sentences)
        settings = settings_of(least, augment=augment, hidden=hidden_share)
        kinds = kinds_of(algorithm)
        reading = reading_of(currency, label_column, topic)
        origin = kept or source_of(source, until, reading)
        task = read_task(topic, origin, kinds, settings, beside)
        if earlier is not None and gain_since(task, earlier, reading).is_loss:
            remedy = "keep the earlier model; without --earlier they are learnt all the same"
            raise InvalidInputError(FieldProblem("--from", "has labels that mislead", remedy))
        task = dataclasses.replace(task, checkpoints=resume)
        version = _train(task, algorithm, capacity, lineage, folder)
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if version:
        typer.echo(f"{version} in {folder}")


def _kept(
    data_set: str | None, source: Path | None, until: datetime | None
) -> DataSetSource | None:
    """Find the data set that is named, which neither a file nor a time can stand beside."""
    if data_set is None:
        return None
    problems = [
        FieldProblem(option, "speaks of other labels", "leave it out: a data set is as of its time")
        for option, value in (("--from", source), ("--until", until))
        if value is not None
    ]
    if problems:
        raise InvalidInputError(*problems)
    return DataSetSource.of(data_set)


def _train(task: Task, algorithm: str, capacity: int | None, lineage: Lineage, folder: Path) -> str:
    """Train under a bar; where kinds are compared, show the card and keep it as a page."""
    from mimawari.evaluation.choosing.run import Contest
    from mimawari.evaluation.choosing.train import train

    with progress_bar() as bar:
        line = bar.add_task("training", total=None)

        def step(what: str, done: int, of: int) -> None:
            bar.update(line, description=what, completed=done, total=of)

        def compared(comparison: Comparison) -> None:
            show(comparison, folder.with_name(f"{folder.name}.html"), bar.console)

        version = train(Contest(task, step), algorithm, lineage, folder, capacity, compared)
        for remark in task.trained.of_whole():
            bar.console.print(f"  {remark}", highlight=False, markup=False)
        return version


def show(comparison: Comparison, page: Path, console: Console) -> None:
    """Print a comparison's card, and keep it as a page."""
    from mimawari.evaluation.choosing.card import as_page, as_table

    console.print(as_table(comparison), highlight=False)
    for remark in comparison.remarks:
        console.print(f"  {remark}", highlight=False, markup=False)
    for name, reason in comparison.absent.items():
        console.print(f"  {name} is left out: {reason}", highlight=False, markup=False)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(as_page(comparison), "utf-8")
    console.print(f"  the card is {page}", highlight=False, markup=False)
    if comparison.chosen == "rules":
        remedy = "--algorithm gbdt trains a model all the same"
        console.print(f"  the rules do: no model was trained ({remedy})", highlight=False)
