"""Labels that are one-sided or hard to read: each gives a statement, and a sane model."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mimawari.detectors.gbdt.rows import Rows, collect
from mimawari.detectors.loading import load_model
from mimawari.errors import InvalidInputError
from mimawari.evaluation.choosing.cautions import cautions
from mimawari.evaluation.choosing.prepare import settings_of
from mimawari.evaluation.choosing.run import Contest
from mimawari.evaluation.choosing.task import Task
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.records.lineage import Lineage

GOODS = ("teapot", "lamp", "chair", "book", "shoe", "phone", "bag", "coat", "blue", "old", "tin")
LOOKALIKES = ("ｇ\u0456\u03bf\u0441ロ口ー一" * 63)[:500]
POSITIVES, NEGATIVES = 24, 240


def listing(number: int, title: str, seller: str = "", language: str | None = None) -> Listing:
    name = seller or f"s{number % 37}"
    return Listing(id=str(number), version=1, seller_id=name, title=title, language=language)


def ordinary(count: int = NEGATIVES, language: str | None = None) -> Iterable[tuple[Listing, int]]:
    lots = random.Random(0)
    for i in range(count):
        yield listing(i, " ".join(lots.choice(GOODS) for _ in range(5)), language=language), 0


def rows_of(make: Callable[[int], Listing], most: int = 50_000, negatives: int = NEGATIVES) -> Rows:
    violations = ((make(10**6 + i), 1) for i in range(POSITIVES))
    return collect([*ordinary(negatives), *violations], most)


def said(rows: Rows) -> str:
    return "\n".join(map(str, cautions("guns", rows)))


def scores(rows: Rows, folder: Path, kind: str = "linear") -> Callable[..., NDArray[np.float32]]:
    """Train, and give what the model says of titles."""
    Contest(Task("guns", rows, settings_of(20, folds=3))).save(kind, Lineage(), folder / "m")
    model = load_model(folder / "m")
    return lambda *titles: model.score(ListingBatch.of([listing(0, t) for t in titles]))[:, 0]


def test_varied_labels_need_no_caution() -> None:
    lots = random.Random(1)
    rows = rows_of(lambda i: listing(i, f"glock pistol {lots.choice(GOODS)} {i}"))
    assert said(rows) == ""
    assert cautions("guns", collect(ordinary())) == ()


def test_one_sellers_violations_are_refused() -> None:
    rows = rows_of(lambda i: listing(i, f"glock pistol {i}", "one"))
    with pytest.raises(InvalidInputError, match="has positives of 1 seller; label violations of"):
        Contest(Task("guns", rows, settings_of(20)))


def test_violations_of_nearly_one_seller_are_told() -> None:
    rows = rows_of(lambda i: listing(i, f"glock pistol {i}", "one" if i % 12 else "two"))
    assert said(rows) == (
        "label:guns: has 22 of 24 positives by 1 seller; "
        "the model learns how this seller writes; label violations of others"
    )


@pytest.mark.parametrize("kind", ["linear", "gbdt"])
def test_one_title(tmp_path: Path, kind: str) -> None:
    rows = rows_of(lambda i: listing(i, "Glock 19 pistol"))
    assert said(rows) == (
        "label:guns: has 24 positives of 1 text: 'glock 19 pistol'; "
        "the model learns these words alone; label violations that read unlike"
    )
    pistol, teapot = scores(rows, tmp_path, kind)("glock 19 pistol", "blue teapot")
    assert pistol > 0.9
    assert teapot < 0.05


def test_one_title_on_both_sides_gives_the_prior(tmp_path: Path) -> None:
    same = [(listing(i, "glock 19 pistol"), int(i % 10 == 0)) for i in range(300)]
    rows = collect(same)
    assert "has 30 positives of 1 text" in said(rows)
    assert scores(rows, tmp_path)("glock 19 pistol") == pytest.approx(0.1, abs=0.01)


def test_one_language(tmp_path: Path) -> None:
    rows = rows_of(lambda i: listing(i, f"拳銃 モデル{i} 新品"))
    assert said(rows) == (
        "label:guns: has positives in Japanese or Chinese alone, as are 0% of the negatives; the "
        "model may learn the language; label what is allowed in Japanese or Chinese, too"
    )
    gun, teapot, cup = scores(rows, tmp_path)("拳銃", "blue teapot", "湯呑")
    assert gun > 0.9
    assert max(teapot, cup) < 0.2


@pytest.mark.parametrize(
    ("german", "expected"), [(0, ""), (100, "as are not 29% of the negatives"), (900, "as are 21%")]
)
def test_languages_that_listings_name_go_before_scripts(german: int, expected: str) -> None:
    lots = random.Random(2)
    violations = (
        (listing(10**6 + i, f"pistol {i} {lots.choice(GOODS)}", language="en-GB"), 1)
        for i in range(POSITIVES)
    )
    others = ((listing(10**5 + i, f"Kanne {i}", language="de"), 0) for i in range(german))
    told = said(collect([*ordinary(language="en"), *others, *violations]))
    assert expected in told
    assert bool(told) == bool(expected)


def test_titles_of_emoji(tmp_path: Path) -> None:
    """Pictures of goods read as words; others are told to teach nothing."""
    lots = random.Random(3)
    rows = rows_of(lambda i: listing(i, lots.choice(["🔫", "🔫🔫", "🔫✨"])))
    pistol, cup = scores(rows, tmp_path)("🔫", "🍵")
    assert pistol > 0.9
    assert cup < 0.2
    signs = rows_of(lambda i: listing(i, lots.choice(["!!!", "* * *", "~"])))
    assert "has 24 of 24 positives without a letter or digit; label violations that" in said(signs)


def test_texts_without_anything_to_read(tmp_path: Path) -> None:
    lots = random.Random(4)
    marks = ["!!!", "***", "---"]
    rows = collect((listing(i, lots.choice(marks)), int(i % 10 == 0)) for i in range(300))
    plain = scores(rows, tmp_path)("!!!", "teapot")
    assert np.isfinite(plain).all()
    assert (plain < 0.3).all()


@pytest.mark.parametrize("kind", ["linear", "tfidf", "gbdt"])
def test_empty_texts_on_one_side(tmp_path: Path, kind: str) -> None:
    """Violations without any text: the model is sane, and words speak for neither side."""
    rows = rows_of(lambda i: listing(i, ""))
    assert "has 24 of 24 positives without a letter or digit" in said(rows)
    empty, teapot, pistol = scores(rows, tmp_path, kind)("", "blue teapot", "glock pistol")
    assert np.isfinite([empty, teapot, pistol]).all()
    assert empty > teapot


def test_twenty_violations_of_two_sellers_decide_about_copies(tmp_path: Path) -> None:
    """The fewest that are learnt from: two folds alone, and a decision all the same."""
    lots = random.Random(6)
    violations = (
        (listing(10**6 + i, f"glock {lots.choice(GOODS)} {i}", f"v{i % 2}"), 1) for i in range(20)
    )
    rows = collect([*ordinary(3_000), *violations])
    pistol, teapot = scores(rows, tmp_path)("glock 19", "blue teapot")
    lineage = load_model(tmp_path / "m").lineage
    assert lineage.copies is not None
    assert np.isfinite([lineage.copies[name] for name in ("gain", "error", "plain")]).all()
    assert pistol > 10 * teapot


def test_a_title_of_500_lookalikes(tmp_path: Path) -> None:
    rows = rows_of(lambda i: listing(i, LOOKALIKES[i % 9 :]))
    found, teapot = scores(rows, tmp_path)(LOOKALIKES, "blue teapot")
    assert found > 0.9
    assert teapot < 0.05


def test_few_violations_among_very_many_listings(tmp_path: Path) -> None:
    """24 in 50,000, of which a sample is learnt: probabilities stay those of the stream."""
    lots = random.Random(5)
    rows = rows_of(
        lambda i: listing(i, " ".join(lots.sample([*GOODS, "glock", "pistol", "glock"], 6))),
        most=3_000,
        negatives=50_000,
    )
    assert len(rows.y) == 3_000 + POSITIVES
    assert rows.weight.sum() == pytest.approx(50_000 + POSITIVES)
    score = scores(rows, tmp_path)
    ordinary_goods = score(*(one.title for one in rows.listings[:1_000]))
    assert ordinary_goods.mean() < 5 * POSITIVES / 50_000
    assert score("glock pistol")[0] > 100 * ordinary_goods.mean()
