"""From a row's fields to a listing and its labels, the same for every format."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeGuard

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.currency import to_minor
from mimawari.listings.decoding import printable
from mimawari.listings.listing import Listing
from mimawari.listings.readers.label_column import TRUTH, TRUTH_FORMS
from mimawari.listings.validation import LIMITS, parse_listing
from mimawari.suggestions import MOST_TOLD, capped, unknown_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mimawari.listings.readers.label_column import LabelColumn

LABEL = "label:"
WEIGHT = "weight:"
# Columns for people, such as a score to sort by: read by nobody.
NOTE = "note:"
COLUMNS = (*Listing.__struct_fields__, "price")
REQUIRED = ("id", "title")
# Columns of other programs, and the field that they most likely mean.
MEANT = {"text": "description", "body": "description", "content": "description", "name": "title"}
_LEVELS = re.compile(r"\s*[>/]\s*")
NO_CURRENCY = FieldProblem(
    "currency",
    "is missing beside a price",
    "give its ISO 4217 code, or one for the whole file, such as --currency JPY",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file, counted from 1 (headers and blank lines do not count).

    ``line`` is where an editor finds it: the file's line where the row begins; a row of a
    Parquet file, which has no lines, gives its number again.
    ``listing`` is None where ``problems`` says why; ``labels`` holds 1 or 0 a topic, and
    nothing for a topic whose label is unknown; ``weights`` what a label stands for, at least 1.
    """

    number: int
    listing: Listing | None
    problems: tuple[FieldProblem, ...] = ()
    labels: dict[str, int] = field(default_factory=dict)
    raw: str = ""
    line: int = 0
    weights: dict[str, float] = field(default_factory=dict)


def check_columns(names: Iterable[str], file: str, label_column: str | None = None) -> None:
    """Refuse a header with columns missing or unknown, with the closest known names.

    The column of a title may be missing beside that of a description.
    """
    names = list(names)
    problems = [
        FieldProblem(f"{file}: column {name}", "is missing", remedy)
        for name, remedy in (
            ("id", "add it (and seller_id, where known)"),
            ("title", "add it, or a column description"),
        )
        if name not in names and not (name == "title" and "description" in names)
    ]
    twice = sorted(n for n, times in Counter(names).items() if times > 1)
    for name in twice[:MOST_TOLD]:
        column = f"{file}: column {printable(name)}"
        problems.append(FieldProblem(column, "stands twice", "keep one of them"))

    def unknown_column(name: str, near: str | None) -> FieldProblem:
        meant = MEANT.get(name, near)
        remedy = f"did you mean {meant!r}?" if meant else "remove it; free data goes to attributes"
        return FieldProblem(f"{file}: column {name[:80]!r}", "is unknown", remedy)

    known = (LABEL, WEIGHT, NOTE)
    unknown = [n for n in names if n not in COLUMNS and n != label_column]
    unknown = [name for name in unknown if not name.startswith(known)]
    problems += unknown_names(unknown, (*COLUMNS, LABEL), unknown_column, f"{file}: header")
    if problems:
        raise InvalidInputError(*problems)


def as_row(
    number: int,
    fields: dict[str, object],
    raw: str,
    line: int = 0,
    currency: str | None = None,
    label_column: LabelColumn | None = None,
) -> Row:
    """Turn fields into a row; what is wrong is told, never raised.

    Parameters
    ----------
    currency
        Of a price that stands without one.
    label_column
        Column of label names; a topic's own column goes before it.
    """
    problems: list[FieldProblem] = []
    named = label_column.labels(fields.pop(label_column.name, None)) if label_column else {}
    labels, weights = _take_labels(fields, problems), _take_weights(fields, problems)
    labels = named | labels
    read = {k: v for k, v in fields.items() if not k.startswith(NOTE)}
    data = {k: _plain(k, v) for k, v in read.items() if v is not None and not _blank(k, v)}
    _price(data, problems, currency)
    data.setdefault("version", 1)
    if "description" in data:
        data.setdefault("title", "")
    data.setdefault("seller_id", f"unknown-{data.get('id', number)}")
    try:
        listing = parse_listing(data)
    except InvalidInputError as error:
        problems += [NO_CURRENCY if _lacks_currency(p) else p for p in error.problems]
    if problems:
        shown = capped(problems, "row")
        return Row(number, None, tuple(shown), raw=raw[:2_000], line=line or number)
    return Row(number, listing, labels=labels, raw=raw, line=line or number, weights=weights)


def refused(number: int, line: int, problem: FieldProblem, raw: str = "") -> Row:
    """Give a row that could not even be split into fields."""
    return Row(number, None, (problem,), raw=raw[:2_000], line=line)


def _blank(name: str, value: object) -> bool:
    """Whether a cell holds nothing; in a column that has to hold something it is kept, and told."""
    return isinstance(value, str) and value == "" and name not in REQUIRED


def _take_labels(fields: dict[str, object], problems: list[FieldProblem]) -> dict[str, int]:
    labels = {}
    for name in [n for n in fields if n.startswith(LABEL)]:
        value = fields.pop(name)
        text = "" if value is None else str(value).strip().lower()
        if text in ("", "nan"):
            continue
        if text in TRUTH:
            labels[name.removeprefix(LABEL)] = TRUTH[text]
        else:
            unreadable = f"is {text[:20]!r}"
            problems.append(
                FieldProblem(
                    printable(name), unreadable, f"write {TRUTH_FORMS}, or nothing (unknown)"
                )
            )
    return labels


def _take_weights(fields: dict[str, object], problems: list[FieldProblem]) -> dict[str, float]:
    weights = {}
    for name in [n for n in fields if n.startswith(WEIGHT)]:
        value = fields.pop(name)
        text = "" if value is None else str(value).strip()
        if text.lower() in ("", "nan"):
            continue
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if 1 <= number < float("inf"):
            weights[name.removeprefix(WEIGHT)] = number
        else:
            unreadable = f"is {text[:20]!r}"
            problems.append(
                FieldProblem(printable(name), unreadable, "write 1 or more, or nothing")
            )
    return weights


def _plain(name: str, value: object) -> object:
    """Turn a text of a table into the type of its field; other formats bring types along.

    What has another form stays as it is, and is refused by its type.
    """
    if name == "attributes" and _is_map(value):
        return {str(k): v for k, v in value if v is not None}
    if name in ("id", "seller_id", "title") and type(value) is int:
        return str(value)
    if not isinstance(value, str):
        return value
    if name in ("version", "price_minor"):
        try:
            return int(value)
        except ValueError:
            return value
    if name == "category":
        return _LEVELS.split(value.strip())
    if name == "image_urls":
        return value.split()
    if name == "attributes":
        try:
            return msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return value
    return value


def _is_map(value: object) -> TypeGuard[list[tuple[object, object]]]:
    """Whether a value is a Parquet map: a list of pairs."""
    return isinstance(value, list) and all(isinstance(v, tuple) and len(v) == 2 for v in value)


def _lacks_currency(problem: FieldProblem) -> bool:
    return (problem.field, problem.problem) == (NO_CURRENCY.field, NO_CURRENCY.problem)


def _price(data: dict[str, object], problems: list[FieldProblem], currency: str | None) -> None:
    """Turn a price in major units into minor units of its currency, or of the file's."""
    if currency is not None and ("price" in data or "price_minor" in data):
        data.setdefault("currency", currency)
    if "price" not in data:
        return
    price = data.pop("price")
    try:
        if "price_minor" in data:
            raise InvalidInputError(FieldProblem("price", "stands beside price_minor", "keep one"))
        if "currency" not in data:
            raise InvalidInputError(NO_CURRENCY)
        minor = to_minor(price, str(data["currency"]))
        if not 0 <= minor <= LIMITS["price_minor"]:
            most = f"give 0 to {LIMITS['price_minor']:,} in minor units (cents, yen)"
            raise InvalidInputError(FieldProblem("price", f"is {str(price)[:40]}", most))
        data["price_minor"] = minor
    except InvalidInputError as error:
        problems += error.problems
        for name in ("currency", "price_minor"):  # said already
            data.pop(name, None)
