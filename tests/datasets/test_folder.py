"""A data set's folder: what was written is read, and what was changed is refused."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from tests.datasets.made import START, labelled, row_lists

from mimawari.datasets import folder
from mimawari.datasets.card import Card, LabelOrigin, describe
from mimawari.datasets.rows import LabelledVersion, in_order, version_of
from mimawari.errors import InvalidInputError
from mimawari.listings.readers import good_rows


def card_of(rows: list[LabelledVersion]) -> Card:
    return describe("weapons", ["weapons", "drugs"], rows, LabelOrigin(until=START, by="anna"))


@given(row_lists())
def test_what_was_written_is_read(rows: list[LabelledVersion]) -> None:
    with tempfile.TemporaryDirectory() as place:
        at = Path(place) / "set"
        version = folder.write(at, card_of(rows), rows)
        assert folder.read_rows(at, version) == in_order(rows)
        assert folder.read_card(at) == card_of(rows)


@given(row_lists())
def test_the_order_of_the_rows_says_nothing(rows: list[LabelledVersion]) -> None:
    mixed = list(rows)
    random.Random(3).shuffle(mixed)
    same = version_of("weapons", START, in_order(rows))
    assert version_of("weapons", START, in_order(mixed)) == same


def test_any_change_makes_another_version() -> None:
    rows = [labelled(1, 1), labelled(2, 0)]
    known = {version_of("weapons", START, rows)}
    for changed in (
        [labelled(1, 0), labelled(2, 0)],
        [labelled(1, 1)],
        [labelled(1, 1, title="another"), labelled(2, 0)],
        [labelled(1, 1, policy=2), labelled(2, 0)],
    ):
        known.add(version_of("weapons", START, changed))
    known.add(version_of("weapons", None, rows))
    assert len(known) == 6


def test_every_command_reads_the_table(tmp_path: Path) -> None:
    at = tmp_path / "set"
    folder.write(at, card_of([labelled(1, 1)]), [labelled(1, 1)])
    [row] = good_rows(at / folder.LISTINGS)
    assert row.listing == labelled(1, 1).listing
    assert (row.labels, row.weights) == ({"weapons": 1}, {"weapons": 1.0})


@pytest.mark.parametrize("name", [folder.LISTINGS, folder.LABELS])
def test_a_changed_byte_is_found(tmp_path: Path, name: str) -> None:
    at = tmp_path / "set"
    rows = [labelled(i, i % 2) for i in range(40)]
    version = folder.write(at, card_of(rows), rows)
    other = tmp_path / "other"
    folder.write(other, card_of(rows), [labelled(i, (i + 1) % 2) for i in range(40)])
    (at / name).write_bytes((other / name).read_bytes())
    with pytest.raises(InvalidInputError, match=r"holds weapons-.*, not weapons-|says of L"):
        folder.read_rows(at, version)
    data = bytearray((at / name).read_bytes())
    data[4:12] = b"\0" * 8
    (at / name).write_bytes(bytes(data[:-20]))
    with pytest.raises(InvalidInputError, match=name):
        folder.read_rows(at, version)


def test_a_folder_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    with pytest.raises(InvalidInputError, match="exists already"):
        folder.write(tmp_path / "set", card_of([]), [])


def test_a_card_of_another_program_is_refused(tmp_path: Path) -> None:
    at = tmp_path / "set"
    folder.write(at, card_of([labelled(1, 1)]), [labelled(1, 1)])
    (at / folder.CARD).write_bytes(msgspec.json.encode({"name": 3}))
    with pytest.raises(InvalidInputError, match="cannot be read"):
        folder.read_card(at)
    with pytest.raises(InvalidInputError, match="mimawari data make"):
        folder.read_card(tmp_path)


def test_whose_listings_it_has(tmp_path: Path) -> None:
    at = tmp_path / "set"
    folder.write(at, card_of([labelled(1, 1)]), [labelled(1, 1, seller="anna's \" shop")])
    assert folder.has_seller(at, "anna's \" shop")
    assert not folder.has_seller(at, "anna")
