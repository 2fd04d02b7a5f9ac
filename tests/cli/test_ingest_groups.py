"""Rows of a file are taken in groups that are bounded in rows and in what they hold."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mimawari.cli.ingest import groups
from mimawari.listings.listing import Listing
from mimawari.listings.readers import Row


def row(number: int, characters: int) -> Row:
    title, rest = "t" * min(characters, 3), max(characters - 3, 0)
    listing = Listing(
        id=str(number),
        version=1,
        seller_id="s",
        title=title,
        description="d" * (rest // 2),
        attributes={"a": "v" * (rest - rest // 2 - 1)} if rest > 1 else {},
    )
    return Row(number, listing)


@given(st.lists(st.integers(3, 60), max_size=40), st.integers(1, 8), st.integers(1, 200))
def test_bounds_hold_and_nothing_is_lost(
    sizes: list[int], most_rows: int, most_characters: int
) -> None:
    rows = [row(number, size) for number, size in enumerate(sizes)]
    cut = list(groups(rows, most_rows, most_characters))
    assert [row for group in cut for row in group] == rows
    for group in cut:
        assert 1 <= len(group) <= most_rows
        held = [sizes[row.number] for row in group[:-1]]  # the last may pass the bound
        assert sum(held) < most_characters or len(group) == 1


def test_a_rejected_row_counts_with_its_raw_text() -> None:
    rejected = [Row(number, None, raw="x" * 100) for number in range(6)]
    assert [len(group) for group in groups(rejected, 1_000, 200)] == [2, 2, 2]
