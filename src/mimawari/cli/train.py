"""``mimawari train``: one topic's model from labelled listings."""

from __future__ import annotations

import dataclasses
import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from mimawari.cli.task import Beside, capacity_of, progress_bar, read_task
from mimawari.cli.training_options import (
    Augment,
    Capacity,
    Encoder,
    Images,
    Least,
    RulesFile,
    Sentences,
)
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from mimawari.evaluation.choosing.run import Contest
    from mimawari.evaluation.choosing.task import Task

AUTO = "auto"


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
            help="linear, gbdt, gmu, sentences, ensemble, or auto: compare all, take the simplest."
        ),
    ] = "gbdt",
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
    augment: Augment = True,
    resume: Annotated[
        Path | None,
        typer.Option(help="Folder of checkpoints: a training of gmu that was stopped goes on."),
    ] = None,
) -> None:
    """Train a topic's model from the moderators' decisions, or from a file."""
    until = until.replace(tzinfo=until.tzinfo or UTC) if until else None
    try:
        who = _who(source, until)
        names = kinds(algorithm)
        beside = Beside(rules, images, encoder, sentences)
        task = read_task(topic, source, until, names, least, beside, augment=augment)
        task = dataclasses.replace(task, checkpoints=resume)
        folder = output or Path("models") / f"{topic}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
        version = _train(task, algorithm, capacity, who, folder)
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if version:
        typer.echo(f"{version} in {folder}")


def kinds(algorithm: str) -> tuple[str, ...]:
    """Give the kinds that an algorithm needs: all for auto.

    Raises
    ------
    InvalidInputError
        There is no such algorithm to train.
    """
    from mimawari.evaluation.choosing.algorithms import ALGORITHMS

    known = (*(name for name in ALGORITHMS if name != "rules"), AUTO)
    if algorithm not in known:
        problem = FieldProblem("--algorithm", f"is {algorithm}", f"use one of {', '.join(known)}")
        raise InvalidInputError(problem)
    return tuple(ALGORITHMS) if algorithm == AUTO else (algorithm,)


def _who(source: Path | None, until: datetime | None) -> dict[str, Any]:
    now = datetime.now(UTC)
    who = {"by": getpass.getuser(), "at": now.isoformat(timespec="seconds")}
    if until or not source:  # a file does not say when its labels were made
        who["labels_until"] = min(until or now, now).isoformat(timespec="seconds")
    return who


def _train(
    task: Task, algorithm: str, capacity: int | None, who: dict[str, Any], folder: Path
) -> str:
    """Train what was asked for, or what is chosen; gives the version, empty where rules do."""
    from mimawari.evaluation.choosing.run import Contest

    with progress_bar() as bar:
        line = bar.add_task("training", total=None)

        def shown(what: str, done: int, of: int) -> None:
            bar.update(line, description=what, completed=done, total=of)

        contest = Contest(task, shown)
        if algorithm != AUTO:
            return contest.save(algorithm, who, folder)
        chosen, lineage = choose(contest, capacity, folder, bar.console)
        return contest.save(chosen, {**who, **lineage}, folder)


def choose(
    contest: Contest, capacity: int | None, folder: Path, console: Console
) -> tuple[str, dict[str, Any]]:
    """Compare every kind; show the card, and keep it beside the folder as a page."""
    from mimawari.evaluation.choosing.algorithms import ALGORITHMS
    from mimawari.evaluation.choosing.card import as_page, as_table
    from mimawari.evaluation.choosing.run import as_lineage

    found = contest.compare(tuple(ALGORITHMS), capacity or capacity_of(contest.task))
    console.print(as_table(found), highlight=False)
    for name, told in found.absent.items():
        console.print(f"  {name} is left out: {told}", highlight=False, markup=False)
    page = folder.with_name(f"{folder.name}.html")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(as_page(found), "utf-8")
    console.print(f"  the card is {page}", highlight=False, markup=False)
    if found.chosen == "rules":
        remedy = "--algorithm gbdt trains a model all the same"
        console.print(f"  the rules do: no model was trained ({remedy})", highlight=False)
    return found.chosen, {"chosen": as_lineage(found)}
