"""Whether disguised copies are learnt: the measure, the rule, and what a training says of it."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from sklearn.metrics import average_precision_score
from tests.gbdt.test_augment import WORDS, rows

from mimawari.detectors.gbdt import choice, copies
from mimawari.detectors.gbdt.augment import Augmentation
from mimawari.detectors.gbdt.copies import CopiesWorth, _Fold, worth_of_copies
from mimawari.detectors.gbdt.linear import TextSettings
from mimawari.detectors.gbdt.memo import Memo
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import Settings, decided, train
from mimawari.detectors.ngrams import NgramSpec
from mimawari.listings.listing import Listing

__all__ = ["rows"]
SPEC = NgramSpec(bits=14)
CHOSEN = Settings(
    SPEC, least_positives=1, with_trees=False, augmentation=Augmentation(), choose_copies=True
)


def worth(rows: Rows, share: float = 0.1) -> CopiesWorth:
    return worth_of_copies(rows, SPEC, TextSettings(), Augmentation(), share)


def test_a_ranking_at_a_share_is_that_of_written_out_listings() -> None:
    """Weights of 3, 1 and 1 fifths are as three listings as they are, and one under each."""
    random, y = np.random.default_rng(3), np.arange(40) % 4 == 0
    ware = tuple(Listing(id=str(i), version=1, seller_id=str(i), title="t") for i in range(40))
    held = Rows(ware, y, np.ones(40))
    scores = [random.normal(size=40 + 2 * y.sum()) for _ in range(2)]
    fold = _Fold(held, np.arange(40), scores)
    precisions = fold.precisions((0.2, 0.2), np.ones(40, np.int64))
    assert precisions is not None
    for precision, one in zip(precisions, scores, strict=True):
        plain, seen, unseen = one[:40][y], *np.split(one[40:], 2)
        many = np.concatenate((np.tile(plain, 3), seen, unseen, np.tile(one[:40][~y], 5)))
        expected = average_precision_score(np.arange(len(many)) < 5 * y.sum(), many)
        assert precision == pytest.approx(expected)
    assert fold.precisions((0.2, 0.2), np.zeros(40, np.int64)) is None


def test_copies_pay_where_all_hide_behind_one_word(rows: Rows) -> None:
    """One word gives these violations away: without copies a disguised one is lost."""
    found, plain = worth(rows), worth(rows, 0.0)
    assert found.seen > found.unseen > 0
    assert found.gain > found.error
    assert found.learnt
    assert plain.gain == plain.plain == found.plain


def test_disguises_that_change_nothing_cost_nothing() -> None:
    """Nothing is left to learn of copies that the canonical form undoes."""
    random, y = np.random.default_rng(1), np.arange(240) % 5 == 0
    listings = tuple(
        Listing(
            id=str(i), version=1, seller_id=f"s{i % 24}",
            title=" ".join([*random.choice(WORDS, 3), *(["steroids"] if y[i] else [])]),
        )
        for i in range(len(y))
    )  # fmt: skip
    undone = Augmentation(disguises=("homoglyphs", "invisible"), ease=1.0)
    found = worth_of_copies(Rows(listings, y, np.ones(240)), SPEC, TextSettings(), undone)
    assert (found.gain, found.seen, found.unseen) == pytest.approx((0, 0, 0), abs=1e-6)
    assert found.learnt


def given(monkeypatch: pytest.MonkeyPatch, found: CopiesWorth) -> list[Rows]:
    """Let the measure be given; returns the rows that were asked about."""
    asked: list[Rows] = []

    def measure(rows: Rows, *others: object) -> CopiesWorth:
        asked.append(rows)
        return found

    monkeypatch.setattr("mimawari.detectors.gbdt.training.worth_of_copies", measure)
    monkeypatch.setattr("mimawari.detectors.gbdt.training._DECIDED", Memo(8))
    return asked


COSTLY = CopiesWorth(0.1, -0.04, 0.1, 0.0, -0.03, 0.01, 0.8)


@pytest.mark.parametrize("error", [0.01, 0.05])
def test_copies_stay_unless_they_cost_beyond_noise(
    rows: Rows, monkeypatch: pytest.MonkeyPatch, error: float
) -> None:
    found = msgspec.structs.replace(COSTLY, error=error)
    asked = given(monkeypatch, found)
    lineage = train(rows, "steroids", CHOSEN).lineage
    assert lineage.settings is not None
    assert (lineage.settings["augmentation"] is not None) == (error == 0.05)
    assert lineage.copies == found.facts()
    assert msgspec.convert(lineage.copies, CopiesWorth) == found
    train(rows, "steroids", msgspec.structs.replace(CHOSEN, with_trees=True))
    assert len(asked) == 1  # both kinds read the same text
    assert decided(rows, msgspec.structs.replace(CHOSEN, hidden=0.5))[1] == found
    assert len(asked) == 2


@pytest.mark.parametrize("copies_made", [None, Augmentation()])
def test_who_forces_it_is_not_asked(
    rows: Rows, monkeypatch: pytest.MonkeyPatch, copies_made: Augmentation | None
) -> None:
    asked = given(monkeypatch, COSTLY)
    forced = msgspec.structs.replace(CHOSEN, augmentation=copies_made, choose_copies=False)
    settings, found = decided(rows, forced)
    assert settings.augmentation == copies_made
    assert found is None
    assert asked == []
    assert train(rows, "steroids", forced).lineage.copies is None


def test_a_choice_is_made_once_for_rows_however_many_kinds_ask(
    rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: list[int] = []
    best = choice._best

    def counted(rows: Rows, *others: object) -> str:
        times.append(len(rows.y))
        return best(rows, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(choice, "_best", counted)
    monkeypatch.setattr(choice, "CHOSEN", Memo(8))
    plain = Settings(SPEC, least_positives=1)
    first = train(rows, "steroids", plain)
    again = train(rows, "steroids", msgspec.structs.replace(plain, with_trees=False))
    assert times == [len(rows.y)]
    assert np.array_equal(first.text.weights, again.text.weights)
    heavier = Rows(rows.listings, rows.y, rows.weight * 2)
    flipped = Rows(rows.listings, ~rows.y, rows.weight)
    for other in (heavier, flipped, rows.take(np.arange(200))):
        choice.choose(other, SPEC, TextSettings())
    assert times == [300, 300, 300, 200]
    choice.choose(rows, SPEC, TextSettings(), ("agora_2014_listings",))
    assert len(times) == 5


def test_a_decision_looks_at_a_bounded_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def silent(fit: Rows, held: Rows, *others: object) -> list[np.ndarray]:
        return [np.zeros(len(held.y) + 2 * int(held.y.sum()))] * 2

    monkeypatch.setattr(copies, "_margins", silent)
    monkeypatch.setattr(copies, "few_rows", lambda rows, seed, *most: seen.extend(most) or rows)
    ware = [Listing(id=str(i), version=1, seller_id=str(i), title="cup") for i in range(60)]
    found = worth(Rows(tuple(ware), np.arange(60) % 3 == 0, np.ones(60)))
    assert seen == [copies.MOST_ROWS, copies.MOST_POSITIVES]
    assert found.gain == found.error == 0


def test_trees_that_are_dropped_say_why(rows: Rows) -> None:
    made = train(rows, "steroids", Settings(SPEC, least_positives=1))
    assert made.trees == ""
    assert made.lineage.dropped in {
        "no tree lowers the log loss of the sellers that came last",
        "they do not rank unseen sellers better in 95% of the draws",
    }
    assert train(rows, "steroids", msgspec.structs.replace(CHOSEN)).lineage.dropped is None
