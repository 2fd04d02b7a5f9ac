"""Ensembles ask the encoder only where it can lift a listing over the floor, and lose nothing."""

from __future__ import annotations

import numpy as np
import pytest
from tests.gmu.world import TOPIC, market
from tests.sentences.tiny import files

from mimawari.detectors.ensemble.detector import EnsembleDetector
from mimawari.detectors.gbdt.training import Settings as GbdtSettings
from mimawari.detectors.loading import load_model
from mimawari.detectors.ngrams import NgramSpec
from mimawari.detectors.sentences.encoder import SentenceEncoder
from mimawari.detectors.suite import Suite
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.task import Settings, Task
from mimawari.listings.batch import ListingBatch
from mimawari.records.lineage import Lineage


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> EnsembleDetector:
    folder = tmp_path_factory.mktemp("models") / "m"
    settings = Settings(GbdtSettings(NgramSpec(bits=12)), folds=2)
    contest = Contest(Task(TOPIC, market(300).rows, settings, sentences=files(quantised=True)))
    contest.save("ensemble", Lineage(), folder)
    model = load_model(folder)
    assert isinstance(model, EnsembleDetector)
    assert "sentences" in model.members
    return model


class Reads:
    """Texts that an encoder really read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        plain = SentenceEncoder.encode

        def encode(encoder: SentenceEncoder, texts: list[str]) -> np.ndarray:
            self.count += len(texts)
            return plain(encoder, texts)

        monkeypatch.setattr(SentenceEncoder, "encode", encode)


@pytest.mark.parametrize("floor", [0.0, 0.05, 0.3, 0.6, 0.9, 0.99, 1.0])
def test_scores_over_the_floor_are_exact_and_the_others_under_it(
    ensemble: EnsembleDetector, floor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    listings = market(200, seed=1).rows.listings
    whole = ensemble.score(ListingBatch.of(listings))[:, 0]
    reads = Reads(monkeypatch)
    scores, asked = ensemble.score_from(ListingBatch.of(listings), floor)
    assert np.array_equal(scores[asked, 0], whole[asked])
    assert (scores[~asked, 0] < floor).all()
    assert asked[whole >= floor].all()
    assert reads.count == asked.sum()


def test_a_floor_spares_most_of_the_reading(
    ensemble: EnsembleDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch, reads = ListingBatch.of(market(200, seed=1).rows.listings), Reads(monkeypatch)
    floor = float(np.quantile(ensemble.score(batch), 0.95))
    reads.count = 0
    Suite(None, [ensemble]).score(ListingBatch.of(batch.listings), {TOPIC: floor})
    assert reads.count < 0.7 * len(batch)


def test_the_suite_marks_what_was_asked(ensemble: EnsembleDetector) -> None:
    batch = ListingBatch.of(market(100, seed=2).rows.listings)
    floor = float(np.quantile(ensemble.score(batch), 0.9))
    suite = Suite(None, [ensemble])
    free, bound = suite.score(batch), suite.score(batch, {TOPIC: floor})
    assert free.refined.all()
    over = free.model[:, 0] >= floor
    assert bound.refined[over].all()
    assert np.array_equal(bound.model[over], free.model[over])
    assert (bound.model[~over] < floor).all()


def test_a_row_is_scored_the_same_alone_and_among_others(ensemble: EnsembleDetector) -> None:
    listings = market(60, seed=3).rows.listings
    together = ensemble.members["sentences"].margin(ListingBatch.of(listings))
    alone = [ensemble.members["sentences"].margin(ListingBatch.of([one]))[0] for one in listings]
    assert together.tolist() == alone
