"""Rows of data sets for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from mimawari.datasets.rows import KnownLabel, LabelledVersion
from mimawari.listings.listing import Listing

START = datetime(2026, 3, 2, tzinfo=UTC)


def labelled(
    number: int,
    value: int,
    title: str | None = None,
    seller: str | None = None,
    language: str | None = "en",
    policy: int | None = 1,
    waited: timedelta = timedelta(hours=2),
) -> LabelledVersion:
    """Make a listing with its label for weapons."""
    listing = Listing(
        id=f"L{number}",
        version=1,
        seller_id=seller or f"s{number}",
        title=title or f"a thing number {'abcdefghij'[number % 10]}{number}",
        language=language,
        created_at=START,
    )
    label = KnownLabel(
        topic="weapons", value=value, policy_version=policy, decided_at=START + waited
    )
    return LabelledVersion(listing, (label,))


TIMES = st.integers(0, 20).map(lambda n: START + timedelta(hours=n))
LABELS = st.builds(
    KnownLabel,
    topic=st.just("weapons"),
    value=st.integers(0, 1),
    probability=st.sampled_from([1.0, 0.25, 0.01]),
    policy_version=st.sampled_from([None, 1, 2]),
    decided_at=st.none() | TIMES,
    reviewers=st.integers(1, 3),
    searched=st.booleans(),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda text: bool(text.strip())
)


@st.composite
def row_lists(draw: st.DrawFn) -> list[LabelledVersion]:
    """Draw listing versions, each with a label for one topic or two."""
    keys = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 2)), unique=True, max_size=8))
    rows = []
    for number, version in keys:
        listing = Listing(
            id=f"L{number}",
            version=version,
            seller_id=draw(st.sampled_from(["s", "t"])),
            title=draw(TEXTS),
            price_minor=draw(st.none() | st.just(120)),
            currency=None,
            language=draw(st.none() | st.sampled_from(["en", "ja"])),
            created_at=draw(st.none() | TIMES),
        )
        if listing.price_minor is not None:
            listing = Listing(**{**_plain(listing), "currency": "JPY"})
        first = draw(LABELS)
        other = KnownLabel(topic="drugs", value=draw(st.integers(0, 1)))
        rows.append(LabelledVersion(listing, (first, other) if draw(st.booleans()) else (first,)))
    return rows


def _plain(listing: Listing) -> dict[str, object]:
    return {name: getattr(listing, name) for name in Listing.__struct_fields__}
