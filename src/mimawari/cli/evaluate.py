"""``mimawari evaluate``: how good a topic's detectors would be for unseen sellers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mimawari.cli.reading import Currency, LabelColumn, reading_of
from mimawari.cli.training import gain_since, progress_bar, read_task, source_of
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


def check_group(group: str) -> None:
    """Refuse groups that folds cannot keep together."""
    if group != "seller_id":
        raise InvalidInputError(FieldProblem("--group", f"is {group}", "use seller_id"))


def evaluate(
    source: Annotated[
        Path, typer.Option("--from", help="CSV, JSONL or Parquet with a column label:TOPIC.")
    ],
    topic: Annotated[str, typer.Option(help="Topic to evaluate; any name.")],
    algorithm: Annotated[
        list[str] | None,
        typer.Option(
            help="rules, linear, gbdt, gmu, sentences, ensemble; repeatedly. gbdt by default."
        ),
    ] = None,
    group: Annotated[str, typer.Option(help="What folds keep together.")] = "seller_id",
    folds: Annotated[int, typer.Option(min=2)] = 5,
    capacity: Capacity = None,
    least: Least = 20,
    rules: RulesFile = None,
    images: Images = None,
    encoder: Encoder = None,
    sentences: Sentences = None,
    augment: Augment = None,
    hidden_share: HiddenShare = 0.1,
    earlier: Earlier = None,
    currency: Currency = None,
    label_column: LabelColumn = None,
    page: Annotated[Path | None, typer.Option(help="Write the card as an HTML page.")] = None,
) -> None:
    """Cross-validate on folds grouped by seller: AP@K, Precision@K, Recall@K, AUPRC."""
    from mimawari.evaluation.choosing.card import as_page, as_table
    from mimawari.evaluation.choosing.prepare import Beside, capacity_of, settings_of
    from mimawari.evaluation.choosing.run import Contest

    names = tuple(dict.fromkeys(algorithm or ["gbdt"]))
    try:
        check_group(group)
        beside = Beside(rules, images, encoder, sentences)
        settings = settings_of(least, folds, augment, hidden_share)
        reading = reading_of(currency, label_column, topic)
        origin = source_of(source, reading=reading)
        task = read_task(topic, origin, names, settings, beside)
        if earlier is not None:
            gain_since(task, earlier, reading)
        with progress_bar() as bar:
            line = bar.add_task("evaluating", total=None)
            contest = Contest(task, lambda what, done, of: bar.update(
                line, description=what, completed=done, total=of
            ))  # fmt: skip
            comparison = contest.compare(names, capacity or capacity_of(task))
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    Console().print(as_table(comparison), highlight=False)
    for remark in comparison.remarks:
        typer.echo(remark, err=True)
    for name, reason in comparison.absent.items():
        typer.echo(f"{name} is left out: {reason}", err=True)
    if page is not None:
        page.write_text(as_page(comparison), "utf-8")
        typer.echo(f"The card is {page}.", err=True)
