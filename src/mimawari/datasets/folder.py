"""A data set's folder: two Parquet files and a card; its version is the hash of what they hold.

``listings.parquet`` is a table as every command reads one: a listing version a row, with columns
``label:TOPIC`` and ``weight:TOPIC``. ``labels.parquet`` has a row a label and says how it is known.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import msgspec

from mimawari.datasets.card import Card
from mimawari.datasets.rows import KnownLabel, LabelledVersion, in_order, version_of
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.listing import Listing
from mimawari.listings.readers.rows import LABEL
from mimawari.listings.writers import write_labelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from mimawari.datasets.rows import Key

CARD, LISTINGS, LABELS = "data_set.json", "listings.parquet", "labels.parquet"
REMEDY = "restore the folder from a back-up, or make the data set again"


def write(folder: Path, card: Card, rows: Iterable[LabelledVersion]) -> str:
    """Write a data set into a new folder, whole or not at all; gives its version.

    Raises
    ------
    InvalidInputError
        The folder exists, or cannot be written.
    """
    if folder.exists():
        raise _refuse(folder, "exists already", "name a new folder")
    ordered = in_order(rows)
    partial = folder.with_name(f".{folder.name}.partial")
    try:
        partial.mkdir(parents=True)
        write_labelled(partial / LISTINGS, map(_as_labelled, ordered), card.topics)
        _write_labels(partial / LABELS, ordered)
        (partial / CARD).write_bytes(msgspec.json.format(msgspec.json.encode(card)))
        partial.rename(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        problem = error.strerror or "cannot be written"
        raise _refuse(folder, problem, "name another folder") from error
    return version_of(card.name, card.origin.until, ordered)


def read_card(folder: Path) -> Card:
    """Read what a data set says of itself.

    Raises
    ------
    InvalidInputError
        It is missing, or is no card.
    """
    path = folder / CARD
    try:
        return msgspec.json.decode(path.read_bytes(), type=Card)
    except OSError as error:
        remedy = "name a folder that 'mimawari data make' wrote"
        raise _refuse(path, error.strerror or "cannot be read", remedy) from error
    except msgspec.MsgspecError as error:
        raise _refuse(path, f"cannot be read ({error})", REMEDY) from error


def read_rows(folder: Path, version: str) -> list[LabelledVersion]:
    """Read a data set's rows in their order, and see that they are those of the version.

    Raises
    ------
    InvalidInputError
        A file is missing or damaged, or holds other rows.
    """
    card = read_card(folder)
    by_key = _read_labels(folder / LABELS)
    rows = []
    for listing, values in _read_listings(folder / LISTINGS):
        labels = by_key.pop((listing.id, listing.version), [])
        if values != {label.topic: label.value for label in labels}:
            problem = f"says of {listing.id} v{listing.version} what {LABELS} does not"
            raise _refuse(folder / LISTINGS, problem, REMEDY)
        rows.append(LabelledVersion(listing, tuple(labels)))
    ordered = in_order(rows)
    actual = version_of(card.name, card.origin.until, ordered)
    if by_key or actual != version:
        raise _refuse(folder, f"holds {actual}, not {version}", REMEDY)
    return ordered


def has_seller(folder: Path, seller_id: str) -> bool:
    """Whether a data set has a listing of a seller."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    is_sellers = pc.field("seller_id") == pc.scalar(seller_id)
    return pq.read_table(folder / LISTINGS, columns=["seller_id"], filters=is_sellers).num_rows > 0


def _as_labelled(
    row: LabelledVersion,
) -> tuple[Listing, dict[str, int], dict[str, float]]:
    values = {label.topic: label.value for label in row.labels}
    weights = {label.topic: 1 / label.probability for label in row.labels}
    return row.listing, values, weights


def _write_labels(path: Path, rows: Sequence[LabelledVersion]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types: dict[str, pa.DataType] = {
        "listing": pa.string(),
        "version": pa.int64(),
        "topic": pa.string(),
        "value": pa.int8(),
        "probability": pa.float64(),
        "policy_version": pa.int32(),
        "decided_at": pa.timestamp("us", "UTC"),
        "reviewers": pa.int32(),
        "searched": pa.bool_(),
    }
    flat = [(row.key, label) for row in rows for label in row.labels]
    columns = {
        "listing": pa.array([key[0] for key, _ in flat], types["listing"]),
        "version": pa.array([key[1] for key, _ in flat], types["version"]),
    }
    for name in KnownLabel.__struct_fields__:
        columns[name] = pa.array([getattr(label, name) for _, label in flat], types[name])
    pq.write_table(pa.table(columns), path)


def _read_listings(path: Path) -> Iterator[tuple[Listing, dict[str, int]]]:
    """Read listings as they were kept: what is accepted today may be less than then."""
    for row in _read_table(path):
        fields = {name: row[name] for name in Listing.__struct_fields__}
        attributes = fields["attributes"]
        if isinstance(attributes, list):
            fields["attributes"] = dict(attributes)
        values = {
            name.removeprefix(LABEL): value
            for name, value in row.items()
            if name.startswith(LABEL) and isinstance(value, int)
        }
        yield msgspec.convert(fields, Listing), values


def _read_labels(path: Path) -> dict[Key, list[KnownLabel]]:
    by_key: dict[Key, list[KnownLabel]] = {}
    for row in _read_table(path):
        key = str(row.pop("listing")), int(str(row.pop("version")))
        by_key.setdefault(key, []).append(msgspec.convert(row, KnownLabel))
    return by_key


def _read_table(path: Path) -> list[dict[str, object]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise _refuse(path, f"cannot be read ({error})", REMEDY) from error


def _refuse(path: Path, problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(str(path), problem, remedy))
