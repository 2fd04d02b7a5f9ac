"""``mimawari evaluate``: how good a topic's model would be for unseen sellers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, track
from rich.table import Table

from mimawari.cli.train import labelled
from mimawari.detectors.gbdt.evaluate import Evaluation, Measure, grouped_cross_validation
from mimawari.detectors.gbdt.rows import collect
from mimawari.errors import FieldProblem, InvalidInputError


def table(found: Evaluation) -> Table:
    """Lay the measures out."""
    shown = Table(
        title=f"{found.topic}: {found.rows} listings, {found.positives} violate, "
        f"{found.sellers} sellers"
    )
    for heading in ("measure", "value", "95 % interval over sellers"):
        shown.add_column(heading)

    def add(name: str, one: Measure) -> None:
        shown.add_row(name, f"{one.value:.3f}", f"{one.low:.3f} - {one.high:.3f}")

    add("AUPRC", found.auprc)
    for k, one in found.precision_at.items():
        add(f"Precision@{k}", one)
    for k, one in found.recall_at.items():
        add(f"Recall@{k}", one)
    return shown


def check_group(group: str) -> None:
    """Refuse groups that folds cannot keep together."""
    if group != "seller_id":
        raise InvalidInputError(FieldProblem("--group", f"is {group}", "use seller_id"))


def evaluate(
    source: Annotated[
        Path, typer.Option("--from", help="CSV, JSONL or Parquet with a column label:TOPIC.")
    ],
    topic: Annotated[str, typer.Option(help="Topic to evaluate; any name.")],
    group: Annotated[str, typer.Option(help="What folds keep together.")] = "seller_id",
    folds: Annotated[int, typer.Option(min=2)] = 5,
) -> None:
    """Cross-validate on folds grouped by seller: AUPRC, Precision@K, recall@K."""
    try:
        check_group(group)
        rows = collect(track(labelled(source, topic), description="Reading", transient=True))
        with Progress(transient=True) as bar:
            task = bar.add_task("Folds", total=folds)
            found = grouped_cross_validation(
                rows, topic, folds=folds, progress=lambda n: bar.update(task, completed=n)
            )
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    Console().print(table(found))
