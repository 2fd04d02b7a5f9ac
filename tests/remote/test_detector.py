"""It is a detector like any other, but for the suite, which refuses it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from tests.remote.conftest import POLICY, Make, batch, listing
from tests.remote.server import Handler, Listings, Model, judged, says

from mimawari.detectors.base import Detector, Example, advises_only
from mimawari.detectors.conformance import check_detector
from mimawari.detectors.remote import RemoteDetector, RemoteOptions
from mimawari.detectors.suite import Suite
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.simulation.marketplace import synthetic_listings

EXAMPLES = (
    Example(listing(1, "gun with a scope"), frozenset(["weapons"])),
    Example(listing(2, "tea cup")),
)


@pytest.fixture
def detector(model: Model) -> Iterator[RemoteDetector]:
    options = RemoteOptions(base_url=model.url, model="small", concurrency=2)
    with RemoteDetector("weapons", POLICY, options, examples=EXAMPLES) as one:
        yield one


def test_it_conforms(detector: RemoteDetector) -> None:
    found: list[Listing] = [one for one, _ in synthetic_listings(20, 1, topics=2, characters=80)]
    assert isinstance(detector, Detector)
    check_detector(detector, [*found, listing(3, "gun")])


def test_a_calibrated_one_conforms(detector: RemoteDetector) -> None:
    found = [listing(i, "gun" if i % 3 == 0 else "cup", description=str(i)) for i in range(40)]
    one = calibrated(detector, found)
    check_detector(one, found)


def calibrated(detector: RemoteDetector, found: list[Listing]) -> RemoteDetector:
    together = ListingBatch.of(found)
    detector.score(together)
    return detector.calibrated(together, np.arange(len(found)) % 3 == 0)


def test_the_suite_refuses_it(detector: RemoteDetector) -> None:
    assert advises_only(detector)
    with pytest.raises(InvalidInputError, match="weapons: has a detector that only advises"):
        Suite(None, [detector])


def test_it_says_why(model: Model, detector: RemoteDetector) -> None:
    told = batch("gun", "cup")
    assert not detector.explain(told, 0, "weapons").features
    assert not model.bodies, "explaining asks nothing"
    detector.score(told)
    (gun,), (cup,) = (detector.explain(told, i, "weapons").features for i in (0, 1))
    assert (gun.name, gun.value) == ("about gun", 90)
    assert gun.weight > 0 > cup.weight
    assert not detector.explain(told, 0, "other").features


def graded(request: Handler, listings: Listings) -> None:
    """Say 90 of what violates in half of the cases, and 20 of what rarely does."""
    told = [{**a, "violates": 90 if "maybe" in str(a) else 20} for a in judged(listings)]
    says(json.dumps({"answers": told}))(request, listings)


def test_calibration_turns_numbers_into_probabilities(
    model: Model, detector: RemoteDetector
) -> None:
    model.reply = graded
    told = batch(*(f"{'maybe' if i % 2 else 'never'} {i}" for i in range(200)))
    violates = np.array([i % 4 == 1 or i % 40 == 0 for i in range(200)])
    detector.score(told)
    assert detector.version.endswith("-uncalibrated")
    one = detector.calibrated(told, violates)
    scores = one.score(told)[:, 0]
    assert scores[1] == pytest.approx(0.5, abs=0.02)
    assert scores[2] == pytest.approx(0.05, abs=0.02)
    assert "-calibrated-" in one.version
    assert one.version.split("-")[:2] == detector.version.split("-")[:2]
    assert detector.score(told)[1, 0] == pytest.approx(0.9), "the first one stays as it was"
    assert detector.calibrated(told, ~violates).version != one.version


def test_too_few_labels_calibrate_nothing(model: Model, detector: RemoteDetector) -> None:
    told = batch(*(str(i) for i in range(40)))
    y = np.arange(40) < 20
    with pytest.raises(InvalidInputError, match="label:weapons: has 0 listings with an opinion"):
        detector.calibrated(told, y)
    assert not model.bodies, "calibrating asks nothing"
    detector.score(told)
    with pytest.raises(
        InvalidInputError, match="9 listings with an opinion that violate; label 10"
    ):
        detector.calibrated(told, np.arange(40) < 9)
    with pytest.raises(InvalidInputError, match="that do not"):
        detector.calibrated(told, np.arange(40) < 31)


def test_listings_without_an_opinion_are_left_out_of_a_calibration(
    model: Model, make: Make
) -> None:
    one = make(per_request=1)
    told = batch(*(f"gun {i}" if i % 2 else f"cup {i}" for i in range(40)))
    model.script = [says("?")] * 2
    scores = one.score(told)
    assert np.isnan(scores[:, 0]).tolist() == [True] + [False] * 39
    found = one.calibrated(told, np.arange(40) % 2 == 1, np.full(40, 2.0)).recall(told)
    assert np.isnan(found[0, 0])
    assert found[1, 0] > 0.9
    assert found[2, 0] < 0.1


def test_the_version_names_model_policy_and_body(model: Model, make: Make) -> None:
    versions = {make().version, make(model="other").version, make(body={"seed": 1}).version}
    options = RemoteOptions(base_url=model.url, model="small")
    with RemoteDetector("weapons", "Other goods.", options) as other:
        versions.add(other.version)
    assert len(versions) == 4
    assert make(per_request=3, timeout=5).version == make().version


@pytest.mark.parametrize("policy", ["", " \n", "x" * 20_001])
def test_a_policy_of_no_use_is_refused(model: Model, policy: str) -> None:
    with pytest.raises(InvalidInputError, match="policy: "):
        RemoteDetector("weapons", policy, RemoteOptions(base_url=model.url, model="m"))
