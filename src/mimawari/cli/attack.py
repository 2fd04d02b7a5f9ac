"""``mimawari attack``: how much a model still finds when sellers hide."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, track
from rich.table import Table

from mimawari.cli.reading import Currency, LabelColumn, reading_of
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mimawari.detectors.gbdt.rows import Rows
    from mimawari.detectors.loading import Model
    from mimawari.evaluation.attacks import AttackOutcome, AttackReport
    from mimawari.listings.disguises import Disguise
    from mimawari.listings.listing import Listing
    from mimawari.listings.media.ocr import TextReader


def chosen(names: str | None, rows: Rows, synonyms: Path | None) -> list[Disguise]:
    """Give the disguises asked for, all by default, of sellers who hide among these rows."""
    from mimawari.listings.disguises import among
    from mimawari.listings.disguises.synonyms import built_in, read_synonyms
    from mimawari.listings.disguises.synonyms import synonyms as of_tables

    known = among([listing for listing, y in zip(rows.listings, rows.y, strict=True) if not y])
    if synonyms:
        known["synonyms"] = of_tables(built_in(), read_synonyms(synonyms))
    wanted = [name.strip() for name in names.split(",")] if names else list(known)
    problems = [
        FieldProblem("--attacks", f"has no disguise {name!r}", f"choose among {', '.join(known)}")
        for name in wanted
        if name not in known
    ]
    if problems:
        raise InvalidInputError(*problems)
    return [known[name] for name in wanted]


def attacked(
    model: Model,
    topic: str,
    rows: Rows,
    disguises: list[Disguise],
    share: float,
    k: int | None,
    reader: TextReader | None = None,
) -> AttackReport:
    """Score the rows as they are and under every attack, pictures read where there is a reader."""
    import numpy as np

    from mimawari.evaluation.attacks import KNOWLEDGE, attack, learnt_disguises, measure
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.disguises.picture import DrawnPictures
    from mimawari.listings.media.ocr import read_pictures

    pictures = DrawnPictures()

    def score(batch: Sequence[Listing]) -> NDArray[np.float32]:
        if reader is not None:
            batch = [read_pictures(reader, pictures, listing) for listing in batch]
        return model.score(ListingBatch.of(batch, pictures=pictures))[:, 0]

    with Progress(transient=True) as bar:
        task = bar.add_task("Attacks", total=len(disguises) * len(KNOWLEDGE))
        made = attack(
            [rows.listings[i] for i in np.flatnonzero(rows.y)],
            score,
            disguises,
            share,
            progress=lambda n: bar.update(task, completed=n),
        )
    settings = model.lineage.settings
    learnt = None if settings is None else learnt_disguises(settings)
    return measure(topic, rows.listings, rows.y, score(rows.listings), made, k, learnt=learnt)


def table(report: AttackReport) -> Table:
    """Lay the measures out, those that training saw first; what none could change says so."""
    shown = Table(
        title=f"{report.topic}: {report.positives} of {report.listings} listings violate; "
        f"recall@{report.k} is {report.recall:.3f} while nobody hides"
    )
    for heading in (
        "attack",
        "in training",
        "words",
        "changed",
        "recall kept",
        "95 % interval over sellers",
    ):
        shown.add_column(heading)
    shown.add_column("before, after", overflow="fold")
    ordered = sorted(report.attacks, key=lambda outcome: not outcome.learnt)
    for place, attack in enumerate(ordered):
        if place and attack.learnt != ordered[place - 1].learnt:
            shown.add_section()
        figures = ("nothing to disguise", "", "")
        if attack.changed:
            interval = f"{attack.low:.2f} - {attack.high:.2f}"
            example = f"{_plain(attack.before)}\n[dim]{_plain(attack.after)}[/]"
            figures = (f"{attack.kept:.2f}", interval, example)
        known = {None: "not known", True: "yes", False: "no"}[attack.learnt]
        shown.add_row(attack.attack, known, attack.targets, f"{attack.changed:.0%}", *figures)
    return shown


def _plain(text: str) -> str:
    """Write what is not seen, and what would steer a terminal, as escapes."""
    return escape("".join(c if c.isprintable() else ascii(c)[1:-1] for c in text))


def worst(report: AttackReport) -> dict[bool | None, AttackOutcome]:
    """Give the attack that keeps least of those that changed anything, by `learnt`."""
    changed = [attack for attack in report.attacks if attack.changed]
    return {
        learnt: min((o for o in changed if o.learnt == learnt), key=lambda o: o.kept)
        for learnt in dict.fromkeys(o.learnt for o in changed)
    }


def attack(
    model: Annotated[Path, typer.Option(help="Folder of a trained model.")],
    source: Annotated[
        Path,
        typer.Option(
            "--from", help="CSV, JSONL or Parquet with a column label:TOPIC; not the training file."
        ),
    ],
    topic: Annotated[str | None, typer.Option(help="The model's own by default.")] = None,
    attacks: Annotated[
        str | None, typer.Option(help="Disguises, with commas between; all by default.")
    ] = None,
    share: Annotated[
        float, typer.Option(min=0, max=1, help="Of each violation's words, disguised.")
    ] = 0.5,
    k: Annotated[
        int | None, typer.Option("--k", min=1, help="Capacity; as many as violate by default.")
    ] = None,
    synonyms: Annotated[
        Path | None, typer.Option(help="TOML of words and what stands for them, beside ours.")
    ] = None,
    read_text: Annotated[
        bool, typer.Option("--read-pictures", help="Read the text in pictures, as the service can.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="JSON file of the whole report.")
    ] = None,
    currency: Currency = None,
    label_column: LabelColumn = None,
) -> None:
    """Disguise the violations of a labelled file, and measure the recall that is kept."""
    from mimawari.cli.training import source_of
    from mimawari.detectors.gbdt.rows import collect
    from mimawari.detectors.loading import load_model
    from mimawari.listings.media.ocr import TextReader

    try:
        reader = TextReader() if read_text else None
        loaded = load_model(model)
        topic = topic or loaded.topic
        reading = reading_of(currency, label_column, topic)
        labelled = source_of(source, reading=reading).labelled(topic)
        rows = collect(track(labelled, description="Reading", transient=True))
        disguises = chosen(attacks, rows, synonyms)
        report = attacked(loaded, topic, rows, disguises, share, k, reader)
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    Console().print(table(report))
    among = {None: "", True: " of those in training", False: " of those not in training"}
    for learnt, least in worst(report).items():
        which = f"{least.attack} ({least.targets} words)"
        typer.echo(f"Keeps least{among[learnt]} under {which}: {least.kept:.0%}.")
    if output:
        output.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
        typer.echo(f"Report in {output}")
