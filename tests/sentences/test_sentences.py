"""Sentence embeddings: exported, trained over, saved, loaded, explained, refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from tests.gmu.world import SEEING, TOPIC, Market, auc, market
from tests.sentences.tiny import Tiny, files, tokenizer
from tokenizers import Tokenizer
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.conformance import check_detector
from mimawari.detectors.gbdt.training import Settings as GbdtSettings
from mimawari.detectors.loading import load_model
from mimawari.detectors.ngrams import NgramSpec
from mimawari.detectors.sentences import artifact
from mimawari.detectors.sentences.detector import SentenceDetector
from mimawari.detectors.sentences.encoder import SentenceEncoder
from mimawari.detectors.sentences.training import embed, train
from mimawari.errors import InvalidInputError
from mimawari.evaluation.choosing.algorithms import ALGORITHMS, silent
from mimawari.evaluation.choosing.run import Contest
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
    ids = torch.tensor([Tokenizer.from_buffer(tokenizer()).encode(text).ids])
    with torch.no_grad():
        plain = Tiny()(ids, torch.ones_like(ids), torch.zeros_like(ids)).last_hidden_state[0]
    expected = plain.mean(dim=0)
    found = files().encoder().encode([text, ""])
    assert np.allclose(found[0], expected / expected.norm(), atol=1e-5)
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
    assert ALGORITHMS["ensemble"].members(replace(task, sentences=None)) == (*text, "gmu")
    assert "--sentences" in ALGORITHMS["sentences"].absent(replace(task, sentences=None))
    contest = Contest(task)
    found = contest.compare(("linear", "sentences"), 20)
    assert [one.name for one in found.entries] == ["linear", "sentences"]
    version = contest.save("ensemble", Lineage(), tmp_path / "m")
    model = load_model(tmp_path / "m")
    assert model.version == version
    assert set(model.members) <= {*text, "sentences"}  # type: ignore[attr-defined]
    again = task.embedded(silent)
    assert again is task.embedded(silent)


@pytest.mark.parametrize(
    ("network", "tokens", "told"),
    [
        (b"no network", tokenizer(), "is no network that can be run"),
        (None, b"{}", r"tokenizer\.json: cannot be read"),
        (None, tokenizer().replace(b'"lamp":10', b'"lamp":99').replace(b'"probe"', b""), ""),
    ],
)
def test_files_that_do_not_fit_are_refused(network: bytes | None, tokens: bytes, told: str) -> None:
    if not told:
        # A token that the network does not know: found by running it, not while listings wait.
        tokens = tokens.replace(b'"[UNK]":0', b'"[UNK]":999')
        told = r"encoder\.onnx: does not run on its tokens"
    with pytest.raises(InvalidInputError, match=told):
        SentenceEncoder(network or files().network, tokens)


def test_a_picture_network_is_refused() -> None:
    import io

    buffer = io.BytesIO()
    with pytest.warns():
        torch.onnx.export(torch.nn.Flatten(), (torch.zeros(1, 3, 2, 2),), buffer,
                          input_names=["picture"], dynamo=False)  # fmt: skip
    with pytest.raises(InvalidInputError, match="takes picture; export it with"):
        SentenceEncoder(buffer.getvalue(), tokenizer())


def test_commands_name_what_is_missing(tmp_path: Path) -> None:
    run = CliRunner().invoke
    found = run(app, ["encoder", "-o", str(tmp_path / "e"), "--from", str(tmp_path)])
    assert found.exit_code == 2
    assert "has no tokenizer.json; name a folder with config.json" in found.output.replace(
        "\n", " "
    )
    (tmp_path / "there").write_text("x")
    found = run(app, ["encoder", "-o", str(tmp_path)])
    assert "--output: is not empty" in found.output
