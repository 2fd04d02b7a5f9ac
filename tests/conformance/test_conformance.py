from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import numpy as np
import pytest

from mimawari.detectors.base import Example, Explanation, Span
from mimawari.detectors.conformance import ConformanceError, check_detector
from mimawari.detectors.gbdt.artifact import save
from mimawari.detectors.gbdt.detector import GbdtDetector
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.gbdt.training import Settings, train
from mimawari.detectors.ngrams import NgramSpec
from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.suite import Suite
from mimawari.detectors.topicfile import load
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.simulation.marketplace import synthetic_listings


@pytest.fixture(scope="module")
def listings() -> Sequence[Listing]:
    return [one for one, _ in synthetic_listings(40, 1, topics=2, characters=80)]


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return RuleSet.compile(load(p) for p in starter() if p.stem in ("weapons", "tickets"))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> GbdtDetector:
    told = list(synthetic_listings(400, 1, topics=1, characters=80, violation_rate=0.3))
    y = np.array([bool(violated) for _, violated in told])
    rows = Rows(tuple(one for one, _ in told), y, np.ones(len(y)))
    folder = tmp_path_factory.mktemp("models") / "topic_000"
    save(train(rows, "topic_000", Settings(NgramSpec(bits=14))), folder)
    return GbdtDetector.load(folder)


def test_rules_conform(rules: RuleSet, listings: Sequence[Listing]) -> None:
    check_detector(rules, listings)


def test_models_conform(model: GbdtDetector, listings: Sequence[Listing]) -> None:
    check_detector(model, listings)


def test_suites_conform(rules: RuleSet, model: GbdtDetector, listings: Sequence[Listing]) -> None:
    check_detector(Suite(rules, [model]), listings)
    check_detector(Suite(rules), listings)


class Plain:
    """A detector that keeps every promise; each subclass breaks one."""

    topics, version = ("length", "marks"), "plain-1"

    def score(self, batch: ListingBatch) -> np.ndarray:
        texts = [one.text for one in batch.listings]
        rows = [(min(len(t), 100) / 100, t.count("!") / (1 + len(t))) for t in texts]
        return np.array(rows, np.float32).reshape(-1, 2)

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        return Explanation((Span(0, len(batch.listings[row].text), 0.5),))

    def get_examples(self) -> Sequence[Example]:
        loud = Listing(id="1", version=1, seller_id="s", title="sale!!!")
        calm = Listing(id="2", version=1, seller_id="s", title="sale")
        return (Example(loud, frozenset(["marks"])), Example(calm))


class WrongShape(Plain):
    def score(self, batch: ListingBatch) -> np.ndarray:
        return super().score(batch)[:, :1]


class WrongType(Plain):
    def score(self, batch: ListingBatch) -> np.ndarray:
        return super().score(batch).astype(np.float64)


class OutOfRange(Plain):
    def score(self, batch: ListingBatch) -> np.ndarray:
        return super().score(batch) * 3


class SeesTheBatch(Plain):
    def score(self, batch: ListingBatch) -> np.ndarray:
        scores = super().score(batch)
        return scores / max(scores.max(initial=0), 1e-3)


class SeesTheOrder(Plain):
    def score(self, batch: ListingBatch) -> np.ndarray:
        return super().score(batch) / np.arange(1, len(batch) + 1, dtype=np.float32)[:, None]


class ReadsTheId(Plain):
    def score(self, batch: ListingBatch) -> np.ndarray:
        longest = np.array([[len(one.id)] for one in batch.listings], np.float32)
        return super().score(batch) / longest.reshape(-1, 1)


class Forgets(Plain):
    def __init__(self) -> None:
        self.calls = count(1)

    def score(self, batch: ListingBatch) -> np.ndarray:
        return super().score(batch) / np.float32(next(self.calls))


class FailsOnSurrogates(Plain):
    def score(self, batch: ListingBatch) -> np.ndarray:
        for one in batch.listings:
            one.text.encode()
        return super().score(batch)


class FailsOnNothing(Plain):
    def score(self, batch: ListingBatch) -> np.ndarray:
        return np.stack([super(FailsOnNothing, self).score(batch)[i] for i in range(len(batch))])


class PointsOutside(Plain):
    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        return Explanation((Span(0, len(batch.listings[row].text) + 1),))


class MissesItsExample(Plain):
    def get_examples(self) -> Sequence[Example]:
        first, second = super().get_examples()
        return (Example(second.listing, first.violates), Example(first.listing))


class NamesOtherTopics(Plain):
    def get_examples(self) -> Sequence[Example]:
        return (Example(super().get_examples()[0].listing, frozenset(["other"])),)


class NamedTwice(Plain):
    topics = ("length", "length")


class Silent(Plain):
    def score(self, batch: ListingBatch) -> np.ndarray:
        return np.full((len(batch), 2), np.nan, np.float32)


def test_a_plain_detector_conforms(listings: Sequence[Listing]) -> None:
    check_detector(Plain(), listings)


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (WrongShape, "shape"),
        (WrongType, "float32"),
        (OutOfRange, "from 0 to 1"),
        (SeesTheBatch, "scores as in the batch"),
        (SeesTheOrder, "order"),
        (ReadsTheId, "id changes no score"),
        (Forgets, "twice"),
        (PointsOutside, "inside of the text"),
        (MissesItsExample, "examples score over"),
        (NamesOtherTopics, "name topics of the detector"),
        (NamedTwice, "distinct"),
        (Silent, "examples have a score"),
    ],
)
def test_broken_promises_are_found(
    broken: type[Plain], promise: str, listings: Sequence[Listing]
) -> None:
    with pytest.raises(ConformanceError, match=promise):
        check_detector(broken(), listings)


@pytest.mark.parametrize("broken", [FailsOnSurrogates, FailsOnNothing])
def test_errors_of_the_detector_pass(broken: type[Plain], listings: Sequence[Listing]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whatever it raised
        check_detector(broken(), listings)


def test_something_else_is_no_detector(listings: Sequence[Listing]) -> None:
    with pytest.raises(ConformanceError, match="protocol"):
        check_detector(object(), listings)  # type: ignore[arg-type]
