"""Sentence embeddings: exported, trained over, saved, loaded, explained, refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from tests.gmu.world import SEEING, TOPIC, Market, auc, market
from tests.sentences.tiny import files, plain, tokenizer
from tokenizers import Tokenizer
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.conformance import check_detector
from mimawari.detectors.gbdt.training import Settings as GbdtSettings
from mimawari.detectors.loading import load_model
from mimawari.detectors.ngrams import NgramSpec
from mimawari.detectors.sentences import artifact
from mimawari.detectors.sentences.detector import SentenceDetector
from mimawari.detectors.sentences.training import embed, train
from mimawari.evaluation.choosing.algorithms import ALGORITHMS, silent
from mimawari.evaluation.choosing.run import Contest, preferred_of
from mimawari.evaluation.choosing.task import Settings, Task
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.records.lineage import Lineage


@pytest.fixture(scope="module")
def world() -> Market:
    return market()


@pytest.fixture(scope="module")
def folder(world: Market, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = train(world.rows, TOPIC, files(), lineage=Lineage(by="ann"))
    folder = tmp_path_factory.mktemp("models") / "m"
    artifact.save(made, folder)
    return folder


def test_it_is_the_mean_of_the_networks_vectors() -> None:
    text = "Old lava lamp, unheard-of words"
    expected = plain(Tokenizer.from_buffer(tokenizer()).encode(text).ids).mean(axis=0)
    found = files().encoder().encode([text, ""])
    assert np.allclose(found[0], expected / np.linalg.norm(expected), atol=0.003)  # 8 bits
    assert not found[1].any()


def test_quantised_weights_give_nearly_the_same_vectors(world: Market) -> None:
    whole, small = embed(world.rows, files()), embed(world.rows, files(quantised=True))
    cosine = (whole * small).sum(axis=1)
    assert cosine.mean() > 0.99
    assert cosine.min() > 0.97


def test_learns_and_conforms(folder: Path, world: Market) -> None:
    model = load_model(folder)
    assert isinstance(model, SentenceDetector)
    assert model.lineage.by == "ann"
    fresh = market(200, seed=1)
    assert auc(fresh.rows.y, model.score(ListingBatch.of(fresh.rows.listings))[:, 0]) > 0.7
    check_detector(model, world.rows.listings[:20])
    assert load_model(folder).encoder is model.encoder  # type: ignore[attr-defined]


def test_the_words_that_spoke_are_shown_in_the_original_text(folder: Path) -> None:
    one = Listing(id="1", version=1, seller_id="s", title="green ＬＡＶＡ lamp table")
    told = load_model(folder).explain(ListingBatch.of([one]), 0, TOPIC)
    shown = {one.text[s.start : s.end] for s in told.spans if s.weight > 0}
    assert shown & {"ＬＡＶＡ", "lamp"}


def test_halves_of_surrogate_pairs_do_no_harm() -> None:
    assert np.isfinite(files().encoder().encode(["\ud800 lamp"])).all()


def test_it_is_compared_and_joins_the_ensemble(world: Market, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    settings = Settings(GbdtSettings(NgramSpec(bits=12)), folds=2)
    task = Task(TOPIC, world.rows, settings, sentences=files())
    text = ("linear", "tfidf", "gbdt")
    assert ALGORITHMS["ensemble"].members(task) == (*text, "sentences")
    seeing = replace(task, settings=msgspec.structs.replace(settings, gmu=SEEING))
    assert ALGORITHMS["ensemble"].members(seeing) == (*text, "gmu", "sentences")
    without = replace(task, sentences=None)
    assert ALGORITHMS["ensemble"].members(without) == (*text, "gmu")
    # What scores every listing by a network is not preferred.
    assert [preferred_of(each) for each in (task, seeing, without)] == ["ensemble", "", ""]
    assert "--sentences" in ALGORITHMS["sentences"].absent(without)
    contest = Contest(task)
    comparison = contest.compare(("linear", "sentences"), 20)
    assert [entry.name for entry in comparison.entries] == ["linear", "sentences"]
    assert comparison.preferred == "ensemble"
    version = contest.save("ensemble", Lineage(), tmp_path / "m")
    model = load_model(tmp_path / "m")
    assert model.version == version
    assert set(model.members) <= {*text, "sentences"}  # type: ignore[attr-defined]
    again = task.embedded(silent)
    assert again is task.embedded(silent)


def test_commands_name_what_is_missing(tmp_path: Path) -> None:
    run = CliRunner().invoke
    found = run(app, ["encoder", "-o", str(tmp_path / "e"), "--from", str(tmp_path)])
    assert found.exit_code == 2
    assert "has no config.json; name a folder with config.json" in " ".join(found.output.split())
    both = ["encoder", "-o", str(tmp_path / "e"), "--multilingual", "--prefix", "query: "]
    assert "--multilingual: brings its own model and prefix" in run(app, both).output
    (tmp_path / "there").write_text("x")
    found = run(app, ["encoder", "-o", str(tmp_path)])
    assert "--output: is not empty" in found.output
