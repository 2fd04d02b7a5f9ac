"""A bank within a suite: it counts as rules do, and its trouble stays its own."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from tests.media.drawn import encoded, picture, scene

from mimawari.detectors.banks import Bank, BankDetector, Verdict, entry_of
from mimawari.detectors.packs import starter
from mimawari.detectors.rules import RuleSet
from mimawari.detectors.suite import Suite
from mimawari.detectors.topicfile import load
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.listings.media.hashes import PdqHash, pdq
from mimawari.listings.media.mapped import MappedPictures
from mimawari.listings.media.pictures import Picture

AT = datetime(2026, 1, 31, tzinfo=UTC)
GUN, CUP = "https://shop.example/gun.png", "https://shop.example/cup.png"
PICTURES = MappedPictures({u: encoded(scene(n, 240, 320)) for n, u in enumerate((CUP, GUN))})
LISTINGS = [
    Listing(id="1", version=1, seller_id="s", title="a cup", image_urls=(CUP, GUN)),
    Listing(id="2", version=1, seller_id="s", title="glock pistol 9mm", image_urls=(GUN,)),
    Listing(id="3", version=1, seller_id="s", title="a cup", image_urls=(CUP,)),
]


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return RuleSet.compile([load(p) for p in starter() if p.stem in {"weapons", "tickets"}])


def bank(score: float, *topics: str) -> BankDetector:
    entries = [entry_of(picture(1), topic, Verdict.BAD, "ann", AT) for topic in topics]
    return BankDetector(Bank("known", tuple(entries)), score)


def test_the_surer_of_rules_and_banks_counts_and_both_are_named(rules: RuleSet) -> None:
    batch = ListingBatch.of(LISTINGS, pictures=PICTURES)
    alone = Suite(rules).score(batch)
    for score in (0.99, 0.01):
        suite = Suite(rules, banks=[bank(score, "weapons")])
        found = suite.score(batch)
        at = found.topics.index("weapons")
        assert found.rules[0, at] == pytest.approx(score)
        assert found.rules[1, at] == pytest.approx(max(score, float(alone.rules[1, at])))
        assert np.isnan(found.score[2]).all()
        assert found.hits.of(0) == ("weapons/bank known",)
        assert found.hits.of(1) == (*alone.hits.of(1), "weapons/bank known")
        assert suite.version != Suite(rules).version
        told = suite.explain_rules(batch, 1, "weapons").rules
        assert [one.partition(":")[0] for one in told] == list(found.hits.of(1))
        assert suite.explain(batch, 1, "weapons").rules == told


def test_topics_that_nobody_moderates_get_no_column(rules: RuleSet) -> None:
    found = Suite(rules, banks=[bank(0.9, "fireworks")]).score(
        ListingBatch.of(LISTINGS, pictures=PICTURES)
    )
    assert found.topics == rules.topics
    assert found.hits.of(0) == ()


class Broken:
    def of(self, listing: Listing) -> tuple[Picture, ...]:
        raise OSError("the disk is away")


def test_a_bank_without_pictures_stops_no_rule(rules: RuleSet) -> None:
    found = Suite(rules, banks=[bank(0.9, "weapons")]).score(
        ListingBatch.of(LISTINGS, pictures=Broken())
    )
    assert found.failures == {"bank known": "OSError: the disk is away"}
    assert found.hits.of(1)
    assert all(name.partition("/")[2] != "bank known" for name in found.hits.of(1))


class Hashed:
    """Knows hashes, and decodes for nobody."""

    def of(self, listing: Listing) -> tuple[Picture, ...]:
        raise AssertionError("decoded")

    def hashes(self, listing: Listing) -> tuple[PdqHash, ...]:
        return tuple(pdq(one) for one in PICTURES.of(listing))


def test_known_hashes_are_used_instead_of_pictures() -> None:
    detector = bank(0.9, "weapons")
    decoded = detector.score(ListingBatch.of(LISTINGS, pictures=PICTURES))
    known = detector.score(ListingBatch.of(LISTINGS, pictures=Hashed()))
    np.testing.assert_array_equal(decoded, known)
    assert np.isnan(known).tolist() == [[False], [False], [True]]
