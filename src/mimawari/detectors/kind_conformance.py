"""What every kind of another package promises, as tests that it runs in its own suite.

Subclass `KindConformance` in a file that pytest collects::

    from mimawari.detectors.kind_conformance import KindConformance
    from mimawari_word_weights import KIND

    class TestWordWeights(KindConformance):
        kind = KIND
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

import msgspec
import numpy as np

from mimawari.detectors.conformance import CHECKS, ConformanceError
from mimawari.detectors.golden.listings import golden_listings
from mimawari.detectors.outside import data_only
from mimawari.detectors.outside.detector import OutsideDetector
from mimawari.detectors.outside.here import allowed_here
from mimawari.detectors.outside.installed import NAME
from mimawari.detectors.sealed import MANIFEST, read, read_manifest
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.detectors.base import Detector
    from mimawari.detectors.outside.kind import DetectorKind

LISTINGS = 40


class KindConformance:
    """Tests of one kind, on the small model that it writes; the package must be installed."""

    kind: ClassVar[DetectorKind]

    def _folder(self, place: Path) -> Path:
        folder = place / "sample"
        folder.mkdir()
        self.kind.write_sample(folder)
        return folder

    def _loaded(self, folder: Path) -> Detector:
        sealed = read(folder, self.kind.name, files=read_manifest(folder)[0].files)
        return self.kind.load(sealed, sealed.parameters(self.kind.options))

    def test_the_kind_has_a_name_that_an_operator_can_allow(self) -> None:
        """Its name is short and plain; its options have a schema."""
        assert NAME.fullmatch(f"package:{self.kind.name}"), self.kind.name
        assert msgspec.json.schema(self.kind.options)

    def test_the_folder_holds_data_alone(self, tmp_path: Path) -> None:
        """Every file is of a form that holds no code, and the manifest names this code."""
        folder = self._folder(tmp_path)
        manifest, _ = read_manifest(folder)
        assert manifest.kind == self.kind.name
        assert manifest.fingerprint == self.kind.fingerprint
        data_only.require_data(read(folder, self.kind.name, files=manifest.files))

    def test_the_detector_keeps_the_promises_of_all_detectors(self, tmp_path: Path) -> None:
        """Put through every check of `mimawari.detectors.conformance`."""
        detector = self._loaded(self._folder(tmp_path))
        for check in CHECKS:
            check(detector, golden_listings()[:LISTINGS])

    def test_it_abstains_only_where_the_kind_says_so(self, tmp_path: Path) -> None:
        """NaN is for kinds that abstain."""
        scores = self._loaded(self._folder(tmp_path)).score(ListingBatch.of(golden_listings()))
        if np.isnan(scores).any() and not self.kind.abstains:
            raise ConformanceError("a score is NaN, and the kind does not abstain")

    def test_what_it_writes_twice_is_the_same(self, tmp_path: Path) -> None:
        """The same model has the same version: nothing of the moment is in it."""
        places = [tmp_path / "one", tmp_path / "two"]
        for place in places:
            place.mkdir()
        versions = {read_manifest(self._folder(place))[1] for place in places}
        assert len(versions) == 1

    def test_wrong_options_are_refused(self, tmp_path: Path) -> None:
        """Options of another form are no options."""
        folder = self._folder(tmp_path)
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
        manifest["parameters"] = {"no such option of any kind": [1]}
        (folder / MANIFEST).write_text(json.dumps(manifest), "utf-8")
        try:
            self._loaded(folder)
        except InvalidInputError:
            return
        raise ConformanceError("options: forbid unknown fields, and give no defaults to all")

    def test_its_own_process_gives_the_same_scores(self, tmp_path: Path) -> None:
        """As the service runs it: by its entry point, in a process without our environment."""
        folder = self._folder(tmp_path)
        listings = golden_listings()
        expected = self._loaded(folder).score(ListingBatch.of(listings))
        with allowed_here(self.kind.name):
            outside = OutsideDetector.load(folder)
            scores = outside.score(ListingBatch.of(listings))
        assert np.array_equal(scores, expected, equal_nan=True)
        assert not outside.notice
