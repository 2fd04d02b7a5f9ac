"""What mimawari asks of every kind; run it with the package installed."""

from __future__ import annotations

from mimawari_word_weights import KIND

from mimawari.detectors.kind_conformance import KindConformance


class TestWordWeights(KindConformance):
    """The kind's promises."""

    kind = KIND
