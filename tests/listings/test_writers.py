"""What was written is read again as it was."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mimawari.errors import InvalidInputError
from mimawari.listings.listing import Condition, Listing
from mimawari.listings.readers import read_listings
from mimawari.listings.writers import Labelled, write_labelled

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
FILLED = TEXT.filter(lambda text: any(c.isprintable() and c != " " for c in text))
TIME = st.datetimes(datetime(2001, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))
PRICE = st.one_of(
    st.just((None, None)), st.tuples(st.integers(0, 10**15), st.sampled_from(["JPY", "EUR"]))
)


@st.composite
def labelled(draw: st.DrawFn) -> Labelled:
    price, currency = draw(PRICE)
    listing = Listing(
        id=draw(FILLED),
        version=draw(st.integers(0, 2**53)),
        seller_id=draw(FILLED),
        title=draw(FILLED),
        description=draw(TEXT),
        price_minor=price,
        currency=currency,
        category=tuple(draw(st.lists(FILLED, max_size=3))),
        condition=draw(st.sampled_from(Condition)),
        image_urls=tuple(draw(st.lists(st.just("https://x.example/a?b=c"), max_size=2))),
        language=draw(st.sampled_from([None, "ja", "en-GB"])),
        created_at=draw(st.none() | TIME),
        attributes=draw(st.dictionaries(FILLED, TEXT, max_size=2)),
    )
    topics = st.sampled_from(["weapons", "drugs", "own-topic"])
    return listing, draw(st.dictionaries(topics, st.integers(0, 1), min_size=1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(rows=st.lists(labelled(), min_size=1, max_size=4))
@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_every_value_returns(tmp_path: Path, ending: str, rows: list[Labelled]) -> None:
    path = tmp_path / f"labels.{ending}"
    assert write_labelled(path, rows) == len(rows)
    read = [(row.listing, row.labels, row.problems) for row in read_listings(path)]
    assert read == [(listing, labels, ()) for listing, labels in rows]


AWKWARD = Listing(
    id="7",
    version=3,
    seller_id="s",
    title='a "quoted", title\nof two lines',
    description="茶碗 \U0001f375\r\nsecond",
    price_minor=1200,
    currency="JPY",
    brand="B",
    category=("Sports", "Air guns"),
    image_urls=("https://x.example/1.jpg", "https://x.example/2.jpg"),
    created_at=datetime(2026, 1, 31, 12, tzinfo=UTC),
    attributes={"size": "M, L"},
)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "ndjson", "parquet"])
def test_an_awkward_listing_returns_from_every_format(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"labels.{ending}"
    other = Listing(id="8", version=1, seller_id="s", title="a cup")
    write_labelled(path, [(AWKWARD, {"weapons": 1}), (other, {"drugs": 0})])
    read = list(read_listings(path))
    assert [row.listing for row in read] == [AWKWARD, other]
    assert [row.labels for row in read] == [{"weapons": 1}, {"drugs": 0}]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_cells_are_no_formulas(tmp_path: Path, title: str) -> None:
    path = tmp_path / "labels.csv"
    row = Listing(id="=id", version=1, seller_id="@s", title=title, category=("=a",))
    write_labelled(path, [(row, {"weapons": 1})])
    with path.open(encoding="utf-8", newline="") as file:
        cells = next(iter(csv.DictReader(file)))
    assert not [
        cell for cell in cells.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    ]
    assert cells["title"] == "'" + title


def test_nothing_labelled_gives_an_empty_file_that_reads(tmp_path: Path) -> None:
    for ending in ("csv", "jsonl", "parquet"):
        path = tmp_path / f"none.{ending}"
        assert write_labelled(path, []) == 0
        assert list(read_listings(path)) == []


def test_refusals_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="unknown ending"):
        write_labelled(tmp_path / "labels.xlsx", [])
    with pytest.raises(InvalidInputError, match="No such file"):
        write_labelled(tmp_path / "missing" / "labels.csv", [])


def test_a_failure_leaves_the_older_file(tmp_path: Path) -> None:
    path = tmp_path / "labels.parquet"
    write_labelled(path, [(AWKWARD, {"weapons": 1})])
    before = path.read_bytes()

    def broken() -> Labelled:
        raise InvalidInputError

    with pytest.raises(InvalidInputError):
        write_labelled(path, (broken() for _ in range(1)))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["labels.parquet"]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_notes_are_for_people_and_a_topic_without_labels_has_a_column(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"noted.{ending}"
    rows: list[Labelled] = [(AWKWARD, {"drugs": 1}, {"drugs": 2.0}), (AWKWARD, {}, {})]
    notes = [{"score": "0.9", "reason": "=evil"}, {"score": "", "reason": "b"}]
    write_labelled(path, rows, ["weapons"], notes)
    found = list(read_listings(path))
    assert [(row.problems, row.labels, row.weights) for row in found] == [
        ((), {"drugs": 1}, {"drugs": 2.0}),
        ((), {}, {}),
    ]
    if ending == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            first, second = csv.DictReader(file)
        assert (first["note:score"], first["note:reason"]) == ("0.9", "'=evil")
        assert (first["label:weapons"], second["note:reason"]) == ("", "b")
