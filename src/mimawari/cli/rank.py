"""`mimawari rank`: a policy text orders listings for a first labelling."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import numpy as np
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

from mimawari.cli.reading import Currency, LabelColumn, reading_of, rows_of
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.json import JsonObject

if TYPE_CHECKING:
    from mimawari.detectors.remote import RemoteDetector, RemoteOptions, Tally
    from mimawari.listings.batch import ListingBatch
    from mimawari.listings.readers import Row

TOPIC_FILES = (".toml", ".yaml", ".yml")


def rank(  # an option a bound of what may be asked
    topic: Annotated[str, typer.Option(help="Topic that the labels will be of.")],
    policy: Annotated[Path, typer.Option(help="A topic file, or a text of what is forbidden.")],
    source: Annotated[Path, typer.Option("--from", help="CSV, JSONL or Parquet.")],
    base_url: Annotated[
        str, typer.Option(help="OpenAI-compatible endpoint: http://127.0.0.1:11434/v1")
    ],
    model: Annotated[str, typer.Option(help="The model's name there.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="CSV, JSONL or Parquet.")],
    limit: Annotated[
        int | None, typer.Option(min=1, help="Only the first listings of the file.")
    ] = None,
    budget_requests: Annotated[
        int, typer.Option(min=1, help="Nothing more is asked after so many requests.")
    ] = 1000,
    budget_tokens: Annotated[
        int | None, typer.Option(min=1, help="Nothing more is asked after so many tokens.")
    ] = None,
    per_request: Annotated[int, typer.Option(help="Listings in one request.")] = 8,
    concurrency: Annotated[int, typer.Option(help="Requests at the same time.")] = 4,
    timeout: Annotated[float, typer.Option(help="Seconds that a request may take.")] = 60.0,
    time_limit: Annotated[float, typer.Option(help="Seconds that all of it may take.")] = 3600.0,
    body: Annotated[str, typer.Option(help="More fields of a request, as a JSON object.")] = "{}",
    cache: Annotated[
        Path | None, typer.Option(help="Answers already paid for; in the state folder by default.")
    ] = None,
    currency: Currency = None,
    label_column: LabelColumn = None,
) -> None:
    """Ask a language model which listings may violate a policy, to label those first.

    The key, where the endpoint wants one, comes from MIMAWARI_REMOTE_KEY.
    """
    from mimawari.detectors.remote import RemoteOptions
    from mimawari.listings.writers import writer_of

    options = RemoteOptions(
        base_url=base_url,
        model=model,
        per_request=per_request,
        concurrency=concurrency,
        timeout=timeout,
        time_limit=time_limit,
        budget_requests=budget_requests,
        budget_tokens=budget_tokens,
        body=_body(body),
    )
    writer_of(output)
    text = policy_text(policy, topic)
    reading = reading_of(currency, label_column, topic)
    rows = list(islice(rows_of(source, reading), limit))
    if not rows:
        raise InvalidInputError(FieldProblem(str(source), "has no row", "add listings to rank"))
    tally = _run(topic, text, options, cache, rows, output)
    _print_tally(tally)
    if tally.cached + tally.answered == 0:
        typer.echo(f"No listing has an answer, so {output} is not written.", err=True)
        raise typer.Exit(1)
    typer.echo(f"Ranked in {output}. The scores only order the listings: people decide.")


def policy_text(path: Path, topic: str) -> str:
    """Read what is forbidden: title and policy of a topic file in all languages, or a text.

    Raises
    ------
    InvalidInputError
        The file cannot be read, or is another topic's.
    """
    if path.suffix in TOPIC_FILES:
        from mimawari.detectors.topicfile import load

        file = load(path)
        if file.topic != topic:
            problem = FieldProblem("--topic", f"is {topic!r}", f"{path.name} is of {file.topic!r}")
            raise InvalidInputError(problem)
        return "\n\n".join(f"{file.title.get(k, topic)}\n{v}" for k, v in file.policy.items())
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is no UTF-8 text"
        problem = FieldProblem(str(path), reason, "name a topic file or a text file")
        raise InvalidInputError(problem) from error


def _body(text: str) -> JsonObject:
    try:
        return msgspec.json.decode(text, type=JsonObject)
    except msgspec.DecodeError as error:
        problem = FieldProblem("--body", str(error), """write an object: '{"top_p": 0.9}'""")
        raise InvalidInputError(problem) from error


def _cache(path: Path | None) -> Path:
    from mimawari.service.project import config

    return path or Path(config.load().state_dir) / "remote.sqlite"


def _run(
    topic: str,
    policy: str,
    options: RemoteOptions,
    cache: Path | None,
    rows: list[Row],
    output: Path,
) -> Tally:
    from mimawari.detectors.remote import KEY_VARIABLE, RemoteDetector
    from mimawari.listings.batch import ListingBatch

    key = os.environ.get(KEY_VARIABLE, "")
    columns = ("Asking", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=len(rows))
        with RemoteDetector(
            topic, policy, options, key, _cache(cache), progress=lambda n: bar.advance(task, n)
        ) as detector:
            batch = ListingBatch.of([row.listing for row in rows if row.listing is not None])
            detector.score(batch)
            if detector.tally.cached + detector.tally.answered:
                write_ranked(output, topic, rows, _calibrated(detector, topic, rows), batch)
            return detector.tally


def _calibrated(detector: RemoteDetector, topic: str, rows: list[Row]) -> RemoteDetector:
    """Turn scores into probabilities where the file has labels enough."""
    from mimawari.listings.batch import ListingBatch

    labelled = [row for row in rows if topic in row.labels]
    batch = ListingBatch.of([row.listing for row in labelled if row.listing is not None])
    y = np.array([row.labels[topic] == 1 for row in labelled], np.bool_)
    weight = np.array([row.weights.get(topic, 1.0) for row in labelled], np.float64)
    try:
        return detector.calibrated(batch, y, weight)
    except InvalidInputError:
        return detector


def write_ranked(
    output: Path,
    topic: str,
    rows: list[Row],
    detector: RemoteDetector,
    batch: ListingBatch,
) -> None:
    """Write the rows, highest score first, those without an opinion last in the file's order."""
    from mimawari.listings.writers import write_labelled

    scores = detector.recall(batch)[:, 0]
    ranked, notes = [], []
    for i in np.argsort(-scores, kind="stable"):  # NaN sorts last
        row, features = rows[i], detector.explain(batch, int(i), topic).features
        if row.listing is not None:
            ranked.append((row.listing, row.labels, row.weights))
            score = "" if np.isnan(scores[i]) else f"{scores[i]:.3f}"
            reason = features[0].name if features else ""
            notes.append({"score": score, "reason": reason, "by": detector.version})
    write_labelled(output, ranked, [topic], notes)


def _print_tally(tally: Tally) -> None:
    counts = (
        f"{tally.listings:,} listings: {tally.answered:,} answered, {tally.cached:,} known before, "
        f"{tally.unreadable:,} unreadable, {tally.unanswered:,} unanswered."
    )
    typer.echo(counts)
    about = "about " if tally.estimated else ""
    spent = f"{tally.requests:,} requests, {about}{tally.tokens:,} tokens, {tally.seconds:.1f} s."
    typer.echo(spent)
    if tally.problem:
        typer.echo(f"The last problem: {tally.problem}", err=True)
    if tally.stopped:
        typer.echo(f"Asking stopped: {tally.stopped}", err=True)
