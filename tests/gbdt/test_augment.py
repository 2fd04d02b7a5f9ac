"""Disguised copies: the prior, the sellers and the originals stay what they are."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from mimawari.detectors.gbdt.augment import Augmentation, augment
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.evaluate import held_out_scores
from mimawari.detectors.gbdt.folds import grouped_folds
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import Settings, train
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.disguises import DISGUISES
from mimawari.listings.listing import Listing
from mimawari.listings.normalise import canonical

WORDS = ("chair", "table", "cup", "book", "shirt", "green", "large", "old")
SPELLED = ("leetspeak", "misspelling", "stuffing", "spacing")
MORE = Settings(least_positives=1, augmentation=Augmentation())


@pytest.fixture(scope="module")
def rows() -> Rows:
    random = np.random.default_rng(0)
    y = random.random(300) < 0.2
    listings = tuple(
        Listing(
            id=str(i),
            version=1,
            seller_id=f"s{random.integers(20)}",
            title=" ".join([*random.choice(WORDS, 3), *(["steroids"] if y[i] else [])]),
        )
        for i in range(len(y))
    )
    return Rows(listings, y, random.uniform(0.5, 2.0, len(y)))


def test_originals_come_first_and_the_prior_is_kept(rows: Rows) -> None:
    more, n = augment(rows, Augmentation()), len(rows.y)
    assert more.listings[:n] == rows.listings
    assert (more.y[:n] == rows.y).all()
    assert len(more.listings) == len(more.y) == len(more.weight) > n
    for of_class in (True, False):
        before, after = (r.weight[r.y == of_class].sum() for r in (rows, more))
        assert after == pytest.approx(before)
        copies = more.weight[n:][more.y[n:] == of_class].sum()
        assert copies == pytest.approx(0.5 * after)  # as much in either class
    assert (more.weight > 0).all()


def test_copies_read_differently_and_are_of_their_originals_class_and_seller(rows: Rows) -> None:
    more, n = augment(rows, Augmentation(4, 0.3, SPELLED)), len(rows.y)
    origin = {one.id: i for i, one in enumerate(rows.listings)}
    times = np.zeros(n, int)
    for copy, y in zip(more.listings[n:], more.y[n:], strict=True):
        i = origin[copy.id]
        times[i] += 1
        assert copy.seller_id == rows.listings[i].seller_id
        assert y == rows.y[i]
        assert canonical(copy.text) != canonical(rows.listings[i].text)
    assert (times[rows.y] <= 4).all()
    assert times[rows.y].mean() > 2
    assert 0.1 < times[~rows.y].mean() < 0.4


def test_folds_keep_copies_with_their_original(rows: Rows) -> None:
    more = augment(rows, Augmentation())
    ids = np.array([one.id for one in more.listings])
    for fit, held in grouped_folds(more.y, more.groups):
        assert not set(ids[fit]) & set(ids[held])


def test_the_same_seed_makes_the_same_copies(rows: Rows) -> None:
    first, again = (augment(rows, Augmentation(seed=1)) for _ in range(2))
    assert first.listings == again.listings
    assert (first.weight == again.weight).all()
    assert first.listings != augment(rows, Augmentation(seed=2)).listings


def test_without_copies_rows_are_as_they_were(rows: Rows) -> None:
    for settings in (Augmentation(0, 0.0), Augmentation(disguises=("homoglyphs",))):
        # The canonical form undoes look-alikes: such a copy teaches nothing.
        more = augment(rows, settings)
        assert more.listings == rows.listings
        assert (more.weight == rows.weight).all()


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"disguises": ("hats",)}, "disguises"),
        ({"disguises": ()}, "disguises"),
        ({"copies": -1}, "copies"),
        ({"negatives": 1.5}, "negatives"),
        ({"kept": -0.1}, "kept"),
        ({"ease": 0.0}, "ease"),
    ],
)
def test_bad_settings_are_refused(fields: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidInputError, match=f"augmentation.{named}"):
        Augmentation(**fields)  # type: ignore[arg-type]


def test_a_model_learns_disguises_and_its_calibration_is_that_of_the_originals(rows: Rows) -> None:
    plain, hardened = (GbdtDetector(train(rows, "steroids", s)) for s in (None, MORE))
    leet = DISGUISES["leetspeak"]
    random = np.random.default_rng(5)
    hidden = ListingBatch.of(
        [leet(one, random, 1.0) for one, y in zip(rows.listings, rows.y, strict=True) if y]
    )
    assert hardened.score(hidden).mean() > plain.score(hidden).mean() + 0.1
    clean = hardened.score(ListingBatch.of(rows.listings))[:, 0]
    prior = np.average(rows.y, weights=rows.weight)
    assert np.average(clean, weights=rows.weight) == pytest.approx(prior, abs=0.03)
    assert hardened.lineage.rows == len(rows.y)
    assert hardened.lineage.settings["augmentation"] == msgspec.to_builtins(Augmentation())


def test_cross_validation_trains_with_copies_and_holds_out_originals(rows: Rows) -> None:
    found = held_out_scores(rows, "steroids", 3, MORE)
    assert found.shape == rows.y.shape
    assert found[rows.y].min() > found[~rows.y].max()
