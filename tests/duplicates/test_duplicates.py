from __future__ import annotations

import random
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.errors import InvalidInputError
from mimawari.listings.duplicates import DuplicateIndex, nearness
from mimawari.listings.duplicates.files import SCHEMA, load, save
from mimawari.listings.duplicates.images import ImageIndex
from mimawari.listings.duplicates.shingles import digests, jaccard, shingles
from mimawari.listings.listing import Listing

WORDS = [f"{a}{b}" for a in ("red", "blue", "old", "new", "rare") for b in ("car", "gun", "bag")]
TEXT = "Airsoft rifle in good condition, with two magazines and a carrying case"


def listing(number: int, title: str, seller: str | None = None) -> Listing:
    return Listing(id=str(number), version=1, seller_id=seller or f"s{number}", title=title)


def texts_with_copies(seed: int) -> list[str]:
    draw = random.Random(seed)
    texts = []
    for _ in range(60):
        words = draw.choices(WORDS, k=25)
        texts.append(" ".join(words))
        words[draw.randrange(25)] = "changed"
        texts.append(" ".join(words))
    return texts


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_pairs_are_those_of_exact_jaccard_but_for_sampling_error(seed: int) -> None:
    texts = texts_with_copies(seed)
    index = DuplicateIndex()
    for number, text in enumerate(texts):
        index.add(listing(number, text))
    found = {
        (number, int(match.listing_id)): match.similarity
        for number, text in enumerate(texts)
        for match in index.near(listing(number, text))
    }
    for pair in combinations(range(len(texts)), 2):
        exact = jaccard(shingles(texts[pair[0]]), shingles(texts[pair[1]]))
        if exact >= 0.85:  # four standard errors above the threshold
            assert pair in found
        if pair in found:
            similarity = found[pair]
            assert similarity is not None
            assert abs(similarity - exact) < 0.2


@given(st.text("abc ", max_size=60), st.text("abc ", max_size=60))
def test_an_estimate_is_within_five_standard_errors(one: str, other: str) -> None:
    sketches = digests([one, other])
    exact = jaccard(shingles(one), shingles(other))
    if one and other:
        estimate = float((sketches[0] == sketches[1]).mean())
        assert abs(estimate - exact) <= 5 * 0.5 / np.sqrt(128)


@given(st.lists(st.tuples(st.integers(0, 5), st.binary(min_size=32, max_size=32)), max_size=40))
def test_hashes_within_a_distance_are_those_counted_bit_by_bit(
    kept: list[tuple[int, bytes]],
) -> None:
    index = ImageIndex()
    for row, one in kept:
        index.add(row, one)
    asked = bytes(range(32))
    naive: dict[int, int] = {}
    for row, one in kept:
        bits = (int.from_bytes(one) ^ int.from_bytes(asked)).bit_count()
        if bits <= 120:
            naive[row] = min(bits, naive.get(row, bits))
    assert index.near(asked, 120) == naive


def test_disguised_copy_of_another_seller_is_near_but_not_ones_own() -> None:
    index = DuplicateIndex()
    index.add(listing(1, TEXT, "first"))
    disguised = TEXT.upper().replace("RIFLE", "R\u200bIFLE")
    assert [m.listing_id for m in index.near(listing(2, disguised, "second"))] == ["1"]
    assert index.near(listing(2, TEXT, "first")) == []
    assert index.near(listing(3, "Oak table for six, collected from Leeds only")) == []


def test_the_nearest_version_of_a_listing_counts_once() -> None:
    index = DuplicateIndex()
    index.add(listing(1, TEXT + ", no offers please, thank you"))
    index.add(listing(1, TEXT))
    matches = index.near(listing(2, TEXT))
    assert [(m.listing_id, m.similarity) for m in matches] == [("1", 1.0)]


def test_a_picture_is_found_where_the_text_differs() -> None:
    index = DuplicateIndex()
    flipped = b"\x07" + bytes(31)
    index.add(listing(1, "Oak table"), [bytes(32)])
    matches = index.near(listing(2, TEXT), [b"\xff" * 32, flipped])
    assert [(m.similarity, m.distance) for m in matches] == [(None, 3)]
    far = b"\xff" * 4 + bytes(28)  # 32 bits, one over the threshold
    assert index.near(listing(2, TEXT), [far]) == []


def test_empty_texts_are_not_near_to_each_other() -> None:
    index = DuplicateIndex()
    index.add(listing(1, "\u200b"))
    assert index.near(listing(2, "\u200b")) == []


def test_it_says_how_many_near_ones_violated() -> None:
    index = DuplicateIndex()
    for number in range(3):
        index.add(listing(number, TEXT))
    told = nearness(index.near(listing(9, TEXT)), {"0", "2", "7"})
    assert (told.listings, told.violating) == (3, 2)


def test_a_hash_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="another length; give 32 bytes"):
        DuplicateIndex().add(listing(1, TEXT), [b"short"])


def test_a_saved_index_answers_the_same(tmp_path: Path) -> None:
    index = DuplicateIndex()
    index.add(listing(1, TEXT), [bytes(32)])
    index.add(listing(2, "\u200b"))
    save(index, tmp_path / "index.parquet")
    again = load(tmp_path / "index.parquet")
    asked = listing(3, TEXT)
    assert len(again) == 2
    assert again.near(asked, [bytes(32)]) == index.near(asked, [bytes(32)]) != []


def test_what_is_no_index_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "index.parquet"
    with pytest.raises(InvalidInputError, match="cannot be read"):
        load(path)
    path.write_bytes(b"no parquet")
    with pytest.raises(InvalidInputError, match="cannot be read"):
        load(path)
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(InvalidInputError, match="is no index"):
        load(path)
    other = SCHEMA.with_metadata({b"mimawari.duplicates": b"rensa-1"})
    pq.write_table(pa.Table.from_pylist([], other), path)
    with pytest.raises(InvalidInputError, match="by another version"):
        load(path)
