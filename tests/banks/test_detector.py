from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.media.drawn import encoded, picture, scene

from mimawari.detectors.banks import Bank, BankDetector, Entry, Verdict, add, entry_of
from mimawari.detectors.base import Example, Explanation
from mimawari.detectors.conformance import check_detector
from mimawari.detectors.suite import Suite
from mimawari.errors import InvalidInputError
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.listings.media.hashes import distances, pdq, words
from mimawari.listings.media.mapped import MappedPictures
from mimawari.listings.media.pictures import Picture, Pictures

AT = datetime(2026, 1, 31, tzinfo=UTC)
COPY = {"bad": 1, "other bad": 2, "innocent": 50}


def copy_of(seed: int) -> bytes:
    """Give the picture as another seller would: smaller, as JPEG."""
    return encoded(scene(seed, 240, 320)[::2, ::2], "JPEG", quality=70)


PICTURES = MappedPictures(
    {f"https://shop.example/{name}.jpg": copy_of(seed) for name, seed in COPY.items()}
    | {"https://shop.example/blank.png": encoded(np.full((99, 99, 3), 9, np.uint8))}
)


def listing(*names: str) -> Listing:
    urls = tuple(f"https://shop.example/{name}.jpg" for name in names)
    return Listing(id="-".join(names), version=1, seller_id="s", title="toy", image_urls=urls)


def bad(seed: int, topic: str = "weapons", verdict: Verdict = Verdict.BAD) -> Entry:
    return entry_of(picture(seed), topic, verdict, "ann", AT, f"case {seed}")


def shifted(entry: Entry, bits: int, verdict: Verdict) -> Entry:
    """Give an entry whose hash is some bits away."""
    other = int(entry.pdq, 16) ^ ((1 << bits) - 1)
    return Entry(pdq=f"{other:064x}", topic=entry.topic, verdict=verdict, by="bob", at=AT)


def scores(detector: BankDetector, *listings: Listing) -> list[list[float]]:
    return detector.score(ListingBatch.of(listings, pictures=PICTURES)).tolist()


def hit(entries: Sequence[Entry], *names: str) -> bool:
    return not np.isnan(scores(BankDetector(Bank("known", tuple(entries))), listing(*names))[0][0])


def test_a_copy_hits_its_topic_and_nothing_else_has_an_opinion() -> None:
    detector = BankDetector(Bank("known", (bad(1), bad(2, "drugs"))), score=0.9)
    assert detector.topics == ("drugs", "weapons")
    found = np.array(
        scores(detector, listing("bad"), listing("innocent"), listing(), listing("innocent", "bad"))
    )
    expected = np.full((4, 2), np.nan)
    expected[[0, 3], 1] = 0.9
    assert np.allclose(found, expected, equal_nan=True)


def test_explanations_name_the_entry_and_the_picture() -> None:
    detector = BankDetector(Bank("known", (bad(1), bad(2, "drugs"))))
    batch = ListingBatch.of([listing("innocent", "bad")], pictures=PICTURES)
    (told,) = detector.explain(batch, 0, "weapons").rules
    known = bad(1)
    asked = PICTURES.of(batch.listings[0])[1]
    distance = distances(words(pdq(asked).bits), known.bits)[0]
    assert told == (
        f"weapons/bank known: picture 2 is {distance} of 256 bits from {known.pdq[:12]}, "
        "case 1 (by ann, 2026-01-31)"
    )
    assert detector.explain(batch, 0, "drugs") == Explanation()


def test_the_threshold_is_the_callers() -> None:
    own = pdq(PICTURES.of(listing("bad"))[0])
    asked = Entry(pdq=str(own), topic="weapons", verdict=Verdict.BAD, by="ann", at=AT)
    for bits, expected in ((0, True), (31, True), (32, False)):
        assert hit([shifted(asked, bits, Verdict.BAD)], "bad") is expected
    strict = BankDetector(Bank("known", (shifted(asked, 5, Verdict.BAD),)), most_distance=4)
    assert np.isnan(scores(strict, listing("bad"))[0][0])


def test_a_good_picture_as_near_vetoes_and_a_farther_one_does_not() -> None:
    own = pdq(PICTURES.of(listing("bad"))[0])
    asked = Entry(pdq=str(own), topic="weapons", verdict=Verdict.BAD, by="ann", at=AT)
    near = shifted(asked, 8, Verdict.BAD)
    assert hit([near], "bad")
    assert not hit([near, shifted(asked, 3, Verdict.GOOD)], "bad")
    assert hit([near, shifted(asked, 9, Verdict.GOOD)], "bad")
    other = Entry(pdq=f"{int(near.pdq, 16) ^ 3:064x}", topic="weapons", verdict=Verdict.GOOD,
                  by="bob", at=AT)  # fmt: skip
    assert not hit([near, other], "bad")


def test_a_good_picture_vetoes_neither_another_picture_nor_another_topic() -> None:
    good = bad(1, verdict=Verdict.GOOD)
    assert not hit([bad(2), good], "bad")
    assert hit([bad(2), good], "bad", "other bad")
    assert hit([bad(1), bad(1, "drugs", Verdict.GOOD)], "bad")


def test_blank_pictures_have_no_opinion() -> None:
    blank = pdq(Picture("", np.full((99, 99, 3), 9, np.uint8)))
    known = Entry(pdq=str(blank), topic="weapons", verdict=Verdict.BAD, by="ann", at=AT)
    url = ("https://shop.example/blank.png",)
    one = Listing(id="1", version=1, seller_id="s", title="t", image_urls=url)
    detector = BankDetector(Bank("known", (known,)))
    assert PICTURES.of(one)
    assert np.isnan(scores(detector, one)[0][0])


def test_withdrawn_entries_and_topics_are_gone() -> None:
    withdrawn = bad(1, verdict=Verdict.WITHDRAWN)
    assert BankDetector(Bank("known", (bad(1), withdrawn))).topics == ()
    assert not hit([bad(1), bad(2), withdrawn], "bad")


def test_the_version_follows_entries_score_and_threshold() -> None:
    one = Bank("known", (bad(1),))
    versions = {
        BankDetector(one).version,
        BankDetector(one, score=0.5).version,
        BankDetector(one, most_distance=20).version,
        BankDetector(Bank("known", (bad(1), bad(2)))).version,
    }
    assert len(versions) == 4
    assert BankDetector(Bank("known", (bad(1),))).version in versions


@pytest.mark.parametrize(
    ("parameters", "field"),
    [({"score": 0.0}, "score"), ({"score": 1.1}, "score"), ({"score": float("nan")}, "score"),
     ({"most_distance": -1}, "most_distance"), ({"most_distance": 128}, "most_distance")],
)  # fmt: skip
def test_parameters_out_of_range_are_named(parameters: dict[str, float], field: str) -> None:
    with pytest.raises(InvalidInputError, match=f"^{field}: "):
        BankDetector(Bank("known", ()), **parameters)  # type: ignore[arg-type]


class Seeing(BankDetector):
    """The detector with pictures at hand, as a service gives them, and examples of its own."""

    pictures: Pictures = PICTURES

    def score(self, batch: ListingBatch) -> np.ndarray:
        return super().score(ListingBatch(batch.listings, batch.texts, self.pictures))

    def explain(self, batch: ListingBatch, row: int, topic: str) -> Explanation:
        return super().explain(ListingBatch(batch.listings, batch.texts, self.pictures), row, topic)

    def get_examples(self) -> Sequence[Example]:
        return (
            Example(listing("bad"), frozenset({"weapons"})),
            Example(listing("other bad"), frozenset({"drugs"})),
            Example(listing("innocent")),
        )


def test_it_conforms_with_and_without_pictures(tmp_path: Path) -> None:
    path = tmp_path / "known.jsonl"
    add(path, [bad(1), bad(2, "drugs"), bad(50, verdict=Verdict.GOOD)])
    listings = [listing(*names) for names in (("bad",), ("innocent", "other bad"), (), ("gone",))]
    detector = Seeing.load(path)
    assert np.isfinite(detector.score(ListingBatch.of(listings))).sum() == 2
    check_detector(detector, listings)
    check_detector(BankDetector.load(path), listings)


def test_a_suite_asks_it_beside_others() -> None:
    suite = Suite(None, [BankDetector(Bank("known", (bad(1),)))])
    batch = ListingBatch.of([listing("bad"), listing("innocent")], pictures=PICTURES)
    found = suite.score(batch)
    assert not found.failures
    assert np.allclose(found.score, [[0.99], [np.nan]], equal_nan=True)
    assert "case 1" in suite.explain(batch, 0, "weapons").rules[0]
