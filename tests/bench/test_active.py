"""The bench of labelling: its sums, and its picture in both themes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from bench.active import RULES_OF, WAYS, overall, ratios
from bench.active_figure import draw
from bench.quality import LARGER

from mimawari.detectors.packs import starter
from mimawari.simulation.labelling import Curve

SVG = "{http://www.w3.org/2000/svg}"
LABELS = {
    "a": {"random": [1000, 400], "mixed": [100, 100]},
    "b": {"random": [200, 800], "mixed": [100, 100]},
}


def test_ratios_are_of_pairs() -> None:
    assert ratios(LABELS["a"], "mixed") == [0.1, 0.25]
    value, low, high = overall(LABELS, "mixed")
    assert value == pytest.approx((0.1 * 0.25 * 0.5 * 0.125) ** 0.25, rel=1e-3)
    assert (low, high) == pytest.approx((0.025**0.5, 0.0625**0.5), rel=1e-3)


def test_every_topic_begins_with_rules_that_exist() -> None:
    assert set(RULES_OF) == set(LARGER)
    assert set(RULES_OF.values()) <= {path.stem for path in starter()}
    assert WAYS[0][0] == "random"


def test_the_picture_has_a_panel_a_topic_and_both_themes() -> None:
    lines = [Curve((30, 60, 90), (5, 9, 12), (0.4, 0.92, 0.95))]
    svg = draw({t: {"random": lines, "mixed": lines} for t in LARGER}, 0.9)
    words = [text.text for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert {topic.replace("_", " ") for topic in LARGER} <= set(words)
    assert "prefers-color-scheme: dark" in svg
