"""`mimawari select`: which listings of a file to label next."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mimawari.cli.reading import Currency, LabelColumn, reading_of, rows_of
from mimawari.cli.training_options import RulesFile
from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mimawari.alerts.selection import Pool, Selection
    from mimawari.detectors.base import Detector
    from mimawari.listings.listing import Listing
    from mimawari.listings.readers import Reading
    from mimawari.listings.writers import Labelled

BATCH = 2048


def select(
    source: Annotated[
        Path, typer.Option("--from", help="CSV, JSONL or Parquet; may hold some labels.")
    ],
    topic: Annotated[str, typer.Option(help="Topic to label; any name.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="CSV, JSONL or Parquet file to write.")
    ],
    budget: Annotated[int, typer.Option(min=1, help="How many listings to choose.")] = 50,
    labelled: Annotated[
        list[Path] | None,
        typer.Option(
            help="File of earlier rounds, repeatedly: what has a label there is left out."
        ),
    ] = None,
    model: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of a model; may be given repeatedly: a committee."),
    ] = None,
    strategy: Annotated[
        str, typer.Option(help="random, top, uncertainty, disagreement, diversity or mixed.")
    ] = "mixed",
    rules: RulesFile = None,
    capacity: Annotated[
        int | None,
        typer.Option(min=1, help="K: where the list is cut; without it, at a score of one half."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of every random choice.")] = 0,
    currency: Currency = None,
    label_column: LabelColumn = None,
) -> None:
    """Choose the listings whose labels would teach a topic's model most.

    Those that have a label already are never chosen. Without a model, what reads like labelled
    violations, the topic's rules, and how different the listings are decide.
    """
    import numpy as np

    from mimawari.alerts.selection import choose, strategy_of
    from mimawari.listings.writers import write_labelled

    try:
        strategy_of(strategy)
        detectors = detectors_of(topic, model or [], rules)
        reading = reading_of(currency, label_column, topic)
        listings, labels = read_latest(source, topic, labelled or [], reading)
        pool = pool_of(listings, labels, topic, detectors, strategy, capacity)
        if not model and strategy == "mixed":
            pool = searching(pool, listings, labels)
        chosen = choose(pool, budget, strategy, seed)
        rows: list[Labelled] = [(listings[i], {}, w) for i, w in weights_of(chosen, topic)]
        write_labelled(output, rows, [topic])
    except InvalidInputError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    if len(pool.search):
        violations = int(np.count_nonzero(labels == 1))
        typer.echo(f"Searched by {violations:,} labelled violations and the rules: no model.")
    typer.echo(
        f"{len(rows):,} of {len(pool.open):,} listings without a label are in {output}. "
        f"Write 1 or 0 into label:{topic}."
    )


def detectors_of(topic: str, folders: Sequence[Path], rules: Path | None) -> list[Detector]:
    """Load the models; without any, the topic's rules where there are some.

    Raises
    ------
    InvalidInputError
        A model of another topic, or a folder or file that cannot be read.
    """
    from mimawari.detectors.loading import load_model
    from mimawari.evaluation.choosing.source import rules_of_file, starter_rules

    if not folders:
        rule_set = rules_of_file(rules, topic) if rules else starter_rules(topic)
        return [rule_set] if rule_set else []
    models = [load_model(folder) for folder in folders]
    others = [(f, m) for f, m in zip(folders, models, strict=True) if topic not in m.topics]
    if others:
        raise InvalidInputError(
            *(
                FieldProblem(f"--model {folder}", f"is of {', '.join(m.topics)}", f"not of {topic}")
                for folder, m in others
            )
        )
    return list(models)


def read_latest(
    source: Path, topic: str, earlier: Sequence[Path] = (), reading: Reading | None = None
) -> tuple[list[Listing], NDArray[np.float64]]:
    """Read the latest version of each listing, and its label: 1, 0 or NaN.

    The label is the last that any version has, in the files of earlier rounds too. Bad rows
    are left out, and told.

    Raises
    ------
    InvalidInputError
        A file that cannot be read, or nothing to choose from.
    """
    import numpy as np

    from mimawari.listings.readers import AS_IT_IS

    latest: dict[str, Listing] = {}
    known: dict[str, int] = {}
    for path in (source, *earlier):
        for row in rows_of(path, reading or AS_IT_IS):
            if (listing := row.listing) is None:
                continue
            if topic in row.labels:
                known[listing.id] = row.labels[topic]
            if path is source and latest.get(listing.id, listing).version <= listing.version:
                latest[listing.id] = listing
    if known.keys() >= latest.keys():
        problem = "has no listing without a label" if latest else "has no row"
        raise InvalidInputError(FieldProblem(source.name, problem, "add listings to choose from"))
    return list(latest.values()), np.array([known.get(name, np.nan) for name in latest], float)


def pool_of(
    listings: Sequence[Listing],
    labels: NDArray[np.float64],
    topic: str,
    detectors: Sequence[Detector],
    strategy: str,
    capacity: int | None,
) -> Pool:
    """Score listings batch by batch, and compare them where the strategy does."""
    import numpy as np
    from rich.progress import track

    from mimawari.alerts.selection import COMPARING, Pool, embed
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.normalise import canonicalise

    scores = np.full((len(detectors), len(listings)), np.nan)
    starts = range(0, len(listings), BATCH) if detectors else ()
    for start in track(starts, description="Scoring", transient=True):
        batch = ListingBatch.of(listings[start : start + BATCH])
        for i, detector in enumerate(detectors):
            column = detector.topics.index(topic)
            scores[i, start : start + BATCH] = detector.score(batch)[:, column]
    vectors = None
    if strategy in COMPARING:
        vectors = embed(canonicalise([listing.text for listing in listings]))
    known = ~np.isnan(labels)
    return Pool([listing.id for listing in listings], known, scores, vectors, capacity)


def searching(pool: Pool, listings: Sequence[Listing], labels: NDArray[np.float64]) -> Pool:
    """Add orders to search by: likeness to labelled violations, and the hits of rules.

    Without a labelled violation the pool stays as it is.
    """
    import numpy as np

    from mimawari.alerts.selection import likeness
    from mimawari.listings.normalise import canonicalise

    likest = likeness(canonicalise([listing.text for listing in listings]), labels)
    if likest is None:
        return pool
    return dataclasses.replace(pool, search=np.vstack((likest[None], *pool.scores[:, None])))


def weights_of(chosen: Selection, topic: str) -> list[tuple[int, dict[str, float]]]:
    """Give each chosen row with 1 over its probability, and no weight where none is defined."""
    import numpy as np

    return [
        (int(row), {} if np.isnan(chance) else {topic: 1 / float(chance)})
        for row, chance in zip(chosen.rows, chosen.probability, strict=True)
    ]
