"""Probabilities of review on their way into training: stores, files, rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mimawari.detectors.gbdt.rows import collect
from mimawari.detectors.gbdt.weights import inverse_propensity
from mimawari.errors import InvalidInputError
from mimawari.evaluation.choosing.source import FileSource
from mimawari.listings.listing import Listing
from mimawari.listings.readers import read_listings
from mimawari.listings.writers import write_labelled


def listing(number: int) -> Listing:
    return Listing(id=f"L{number}", version=1, seller_id="s", title=f"cup {number}")


def test_without_probabilities_weights_are_as_before() -> None:
    rows = collect((listing(i), int(i < 5)) for i in range(40))
    assert rows.weight.tolist() == [1.0] * 40
    same = collect((listing(i), int(i < 5), 1.0) for i in range(40))
    assert same.weight.tolist() == [1.0] * 40


def test_weights_restore_the_prior_of_the_stream() -> None:
    """1,000 listings, 100 listed with 50 violations; 90 of the others explored at 1 / 10."""
    listed = [(listing(i), int(i < 50), 1.0) for i in range(100)]
    explored = [(listing(100 + i), int(i < 1), 0.1) for i in range(90)]
    rows = collect([*listed, *explored])
    share = float(rows.weight[rows.y].sum() / rows.weight.sum())
    assert share == pytest.approx(60 / 1000, rel=0.01)
    assert rows.weight.mean() == pytest.approx(1.0)


def test_sampling_and_probabilities_multiply() -> None:
    stream = [(listing(i), 0, 0.5 if i % 2 else 1.0) for i in range(1000)]
    rows = collect(stream, most=100, seed=1)
    assert len(rows.y) == 100
    assert set(np.round(rows.weight / rows.weight.min(), 6)) == {1.0, 2.0}
    assert rows.weight.sum() == pytest.approx(1000)


def test_a_dozen_explored_rows_do_not_drown_the_others() -> None:
    weight = inverse_propensity(np.array([1.0] * 500 + [1e-5] * 12))
    assert weight[-12:].sum() < 0.5 * weight.sum()
    assert weight[-1] > 5 * weight[0]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_weights_travel_through_files(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"labels.{ending}"
    told = [
        (listing(1), {"weapons": 1, "drugs": 0}, {"weapons": 1.0, "drugs": 12.5}),
        (listing(2), {"weapons": 0}, {"weapons": 250.0}),
    ]
    assert write_labelled(path, told) == 2
    read = list(read_listings(path))
    assert [row.problems for row in read] == [(), ()]
    assert [row.weights for row in read] == [weights for *_, weights in told]
    assert [row.labels for row in read] == [labels for _, labels, _ in told]
    chances = {one.id: chance for one, _, chance in FileSource(path).labelled("weapons")}
    assert chances == {"L1": 1.0, "L2": pytest.approx(0.004)}


@pytest.mark.parametrize("weight", ["0.5", "0", "-3", "many", "inf", "1e999"])
def test_a_wrong_weight_names_its_column(weight: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"id,title,label:weapons,weight:weapons\n1,cup,1,{weight}\n", "utf-8")
    (row,) = read_listings(path)
    assert row.listing is None
    assert [one.field for one in row.problems] == ["weight:weapons"]


def test_a_weight_left_empty_is_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title,label:weapons,weight:weapons\n1,cup,1,\n", "utf-8")
    assert [chance for *_, chance in FileSource(path).labelled("weapons")] == [1.0]


def test_a_misspelt_column_is_still_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,title,wieght:weapons\n1,cup,1\n", "utf-8")
    with pytest.raises(InvalidInputError, match="is unknown"):
        list(read_listings(path))
