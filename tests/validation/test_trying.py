"""Sellers who try until they are not found, against a model that knows a word by its letters."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from mimawari.detectors.gbdt.rows import Rows
from mimawari.evaluation.gates import MEASURES
from mimawari.evaluation.validation.trying import recall_after_tries
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.listings.normalise import canonical

WORD = "rifle"


@dataclass
class WordModel:
    """Scores by how much of a word is there, and keeps what it was asked about."""

    folded: bool
    asked: list[str] = field(default_factory=list)

    def score(self, batch: ListingBatch) -> NDArray[np.float32]:
        texts = [x.text for x in batch.listings]
        if self.folded:
            texts = [canonical(text) for text in texts]
        self.asked += [listing.title for listing in batch.listings]
        return np.array([[0.9 if WORD in text else 0.1] for text in texts], np.float32)


def rows() -> Rows:
    listings = tuple(
        Listing(
            id=str(i), version=1, seller_id=f"s{i % 40}",
            title=f"{WORD} number {i}" if i < 60 else f"cup number {i}",
        )
        for i in range(300)
    )  # fmt: skip
    return Rows(listings, np.arange(300) < 60, np.ones(300))


def kept(model: WordModel, tries: int) -> float:
    clean = model.score(ListingBatch.of(rows().listings))[:, 0].astype(np.float64)
    figure = recall_after_tries(rows(), model, clean, tries)  # type: ignore[arg-type]
    assert figure.measure in MEASURES
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low <= figure.value <= figure.high
    return figure.value


def test_who_reads_letters_alone_loses_more_with_every_try() -> None:
    shares = [kept(WordModel(folded=False), tries) for tries in (1, 3, 10)]
    assert shares[0] > shares[1] > shares[2]
    # Of 60, the share not yet hidden falls by half or so with each try of half of three words;
    # what is not found ties with the others, of which some are listed by chance.
    assert shares[2] < 0.35


def test_no_try_at_all_loses_nothing() -> None:
    assert kept(WordModel(folded=False), 0) == 1


def test_folding_keeps_more() -> None:
    assert kept(WordModel(folded=True), 10) > kept(WordModel(folded=False), 10) + 0.2


def test_the_same_seed_asks_the_same() -> None:
    first, second = WordModel(folded=False), WordModel(folded=False)
    assert kept(first, 4) == kept(second, 4)
    assert first.asked == second.asked
    assert len(first.asked) == 300 + 4 * 60, "once as it is, four tries a violation"


@pytest.mark.parametrize("seed", range(3))
def test_the_figure_says_how_a_listing_was_hidden(seed: int) -> None:
    model = WordModel(folded=False)
    clean = model.score(ListingBatch.of(rows().listings))[:, 0].astype(np.float64)
    figure = recall_after_tries(rows(), model, clean, 5, seed)  # type: ignore[arg-type]
    assert f"'{WORD} number" in figure.statement
    before, after = figure.statement.split(" as ", 1)
    assert before not in after
