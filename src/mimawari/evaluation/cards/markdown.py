"""A card as Markdown, with the front matter that catalogues of models read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import yaml

from mimawari.evaluation.cards import words
from mimawari.evaluation.gates import MEASURES
from mimawari.evaluation.validation.report import figure_cells, plain_text, table_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mimawari.evaluation.cards.card import ModelCard
    from mimawari.records.json import JsonObject, JsonValue

HEADS = ("measure", "value", "95 % interval", "of", "", "measured")


def card_markdown(card: ModelCard) -> str:
    """Write a card as a document."""
    front = yaml.safe_dump(_front_matter(card), allow_unicode=True, sort_keys=False)
    return f"---\n{front}---\n\n" + "\n".join(_lines(card)) + "\n"


def _front_matter(card: ModelCard) -> JsonObject:
    """Give the fields of Hugging Face's model cards that hold here."""
    metrics: list[JsonValue] = [
        {"type": f.figure.measure, "value": f.figure.value} for f in card.figures
    ]
    data_set = card.data.version or "labels of the store"
    result: JsonObject = {
        "task": {"type": "text-classification"},
        "dataset": {"name": data_set, "type": data_set},
        "metrics": metrics,
    }
    languages: list[JsonValue] = [*sorted(filter(None, card.data.languages))]
    return {
        "library_name": "mimawari",
        "tags": [card.topic, card.kind or "unknown"],
        **({"language": languages} if languages else {}),
        "model-index": [{"name": card.version, "results": [result] if metrics else []}],
    }


def _lines(card: ModelCard) -> Iterator[str]:
    yield f"# {card.version}"
    yield ""
    yield from _facts(card)
    yield from _listed("For whom", (*words.USERS, *words.USE_CASES))
    yield "## Figures"
    yield ""
    cells = [(*figure_cells(f.figure), f"{f.at:%Y-%m-%d}") for f in card.figures]
    yield from table_rows(HEADS, cells)
    yield ""
    yield from (f"Not measured: {name}: {plain_text(why)}" for name, why in card.absent.items())
    yield ""
    for table in card.tables:
        yield f"## {plain_text(table.title)}"
        yield ""
        yield from table_rows(table.columns, table.rows)
        yield ""
    yield from _listed("Limits", (*words.LIMITS, *words.TRADE_OFFS))
    yield from _listed(
        "What the measures say",
        tuple(
            f"{f.figure.measure}: {MEASURES[f.figure.measure].about}"
            for f in card.figures
            if f.figure.measure in MEASURES
        ),
    )
    yield "## Files"
    yield ""
    yield from table_rows(("file", "sha256"), list(card.files.items()))


def _facts(card: ModelCard) -> Iterator[str]:
    facts = {
        "topic": card.topic,
        "kind": card.kind,
        "registered": f"{card.registered_at:%Y-%m-%d %H:%M} by {card.registered_by}",
        "stages": ", ".join(card.stages) or "none yet",
        "digest": card.digest,
        "data set": card.data.version,
        "data": card.data.sha256,
        "learnt from": _counts(card),
    }
    yield from (f"* {name}: {plain_text(value)}" for name, value in facts.items() if value)
    for name, value in card.lineage.items():
        if isinstance(value, str | int | float):
            yield f"* {plain_text(name)}: {plain_text(str(value))}"
    yield ""


def _counts(card: ModelCard) -> str:
    counted = msgspec.structs.asdict(card.data)
    names = ("rows", "positives", "sellers")
    return ", ".join(f"{counted[name]:,} {name}" for name in names if counted[name] is not None)


def _listed(title: str, texts: tuple[str, ...]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from (f"* {plain_text(text)}" for text in texts)
    yield ""
