"""The bench of experiments, run quickly: sane figures, a picture, nothing written."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from bench.experiments import cases, figure, main
from bench.experiments.cases import Cell, mirrored

MEASURES = (
    "online, overlap 50%", "online, overlap 70%", "online, overlap 90%",
    "back-test, overlap 70%", "online, mean reviews over the bound",
    "back-test, mean reviews over the bound", "false promotions, plain",
    "false promotions, delays", "false promotions, seller clusters",
    "false promotions, day effects", "false promotions, over-dispersion",
    "negative control, z-test", "negative control, labels folded as they complete",
    "false rejections at the smallest useful gain", "violations caught with equal models",
    "one update", "experiment: a decision", "back-test: a decision",
)  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def quick() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        kept: list[str] = []
        patch.setattr("bench.experiments.write", lambda name, _: kept.append(name))
        patch.setattr(figure, "save", lambda svg, _: kept.append(svg))
        drawn: list[str] = []
        draw = figure.draw
        patch.setattr(figure, "draw", lambda *given: drawn.append(draw(*given)) or drawn[0])
        found = main(quick=True)
    assert kept == []
    return {**found, "picture": drawn[0]}


def test_every_measure_is_there(quick: dict[str, Any]) -> None:
    told = [one["measure"] for one in quick["aims"]]
    for wanted in MEASURES:
        assert any(one.startswith(wanted) for one in told), wanted


def test_fewer_reviews_than_the_split(quick: dict[str, Any]) -> None:
    """Loose bounds: 600 runs say this much."""
    for name, least in (("normal 50%", 2), ("normal 70%", 5), ("normal 90%", 40)):
        found = quick["figures"]["reviews_and_days"][name]
        assert found["split"]["power"] >= 0.8
        assert found["times_fewer"]["online_safe"] > least
        assert found["online_safe"]["median"] < found["online_safe"]["p80"]
        # No test can need fewer reviews on average than the bound allows.
        assert found["mean_over_bound"]["pair"] > 1
        assert found["mean_over_bound"]["reuse"] > 1


def test_levels_hold_and_wrong_ways_fail(quick: dict[str, Any]) -> None:
    nulls = quick["figures"]["false_promotions"]
    assert nulls["limit"] == pytest.approx(0.05 + 3 * (0.0475 / nulls["runs"]) ** 0.5, rel=1e-3)
    for variant, by_cell in nulls["rates"].items():
        assert set(by_cell) == {"normal 70%", "rare 70%"}
        for designs in by_cell.values():
            assert len(designs) == (2 if variant == "delays" else 4)
            assert max(designs.values()) <= nulls["limit"]
    wrong = quick["figures"]["wrong_ways"]
    assert min(wrong["z-test looked at daily, 60 days"].values()) > nulls["limit"]
    assert wrong["labels folded as they complete"]["normal 70%"] > nulls["limit"]
    # The pool of a quick run is small: its days may differ a little more than coins do.
    assert max(wrong["z-test at its end, 60 days"].values()) < 0.1


def test_safety(quick: dict[str, Any]) -> None:
    for runs in quick["figures"]["false_rejections"].values():
        for found in runs.values():
            assert found["rejected"] < 0.14
            assert found["promoted"] + found["rejected"] < 1.001  # both are rounded
    for found in quick["figures"]["violations_caught"].values():
        assert abs(found["difference, a day"]) < 4 * found["standard error"]
        assert abs(found["reviews a day above K"]) < 0.05


def test_the_picture_has_three_panels_and_both_themes(quick: dict[str, Any]) -> None:
    root = ElementTree.fromstring(quick["picture"])
    words = [text.text for text in root.iter(f"{SVG}text")]
    for title in ("reviews until 80 % of runs are decided", "share of runs decided"):
        assert title in words
    assert "prefers-color-scheme: dark" in quick["picture"]
    # Colours of text come from the theme alone, or dark pages could not read it.
    assert not [t for t in root.iter(f"{SVG}text") if "fill" in (t.get("style") or "")]


def test_mirrored_pools_are_even() -> None:
    pool = mirrored(Cell("normal", 0.7, 0.06).pool(50))
    assert len(pool) == 100
    assert pool.only[0] == pool.only[1]
    assert (pool.split_hits[:, 0].sum(), pool.split_hits[:, 1].sum()) == (
        pool.split_hits[:, 1].sum(), pool.split_hits[:, 0].sum(),
    )  # fmt: skip


def test_cells_are_the_eight() -> None:
    assert len({cell.name for cell in cases.NULL_CELLS}) == 8
    assert all(cell.gain == 0 for cell in cases.NULL_CELLS)
