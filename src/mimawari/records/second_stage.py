"""A second stage of a topic: a language model that re-ranks what the first stage put highest."""

from __future__ import annotations

from typing import Annotated

import msgspec

from mimawari.records.deployment import Slot
from mimawari.records.json import JsonObject  # read by msgspec when the types are used

MOST_ASKED = 20_000
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3_600)]
Times = Annotated[int, msgspec.Meta(ge=1, le=50)]
Count = Annotated[int, msgspec.Meta(ge=1)]
Amount = Annotated[float, msgspec.Meta(ge=0)]


class StageSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a second stage is asked, and how much of it.

    Parameters
    ----------
    base_url, model
        Address that ``/chat/completions`` is added to, and the model's name there.
    m
        The best ``m`` x K of a topic and day are asked about.
    wait_seconds
        How long a listing waits for its answer before it competes with its first-stage score.
    listings_a_day
        Most listings asked about on a day; None is no bound. Answers that are known cost none.
    tokens_a_day, money_a_day
        Nothing more is asked on a day once so much is spent; None is no bound.
    input_price, output_price
        Of a million tokens, in ``currency``.
    per_request
        Listings in one request. With one, no listing can touch the answer of another.
    concurrency, timeout_seconds, repeats
        Requests at the same time by each process, seconds that one may take, and how often one is
        sent again that failed.
    body
        More fields of the request's body.

    Examples
    --------
    >>> spec = StageSpec(base_url="http://127.0.0.1:8000/v1", model="gpt-oss-safeguard-20b")
    >>> spec.money(2_000_000, 0)
    0.0
    >>> msgspec.structs.replace(spec, input_price=0.1, output_price=0.5).money(2_000_000, 100_000)
    0.25
    """

    base_url: str
    model: str
    m: Times = 3
    wait_seconds: Seconds = 60.0
    listings_a_day: Count | None = None
    tokens_a_day: Count | None = None
    money_a_day: Amount | None = None
    input_price: Amount = 0.0
    output_price: Amount = 0.0
    currency: str = "USD"
    per_request: Annotated[int, msgspec.Meta(ge=1, le=50)] = 1
    concurrency: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    timeout_seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 20.0
    repeats: Annotated[int, msgspec.Meta(ge=0, le=10)] = 1
    body: JsonObject = {}

    def money(self, input_tokens: int, output_tokens: int) -> float:
        """Give what tokens cost."""
        millions = input_tokens * self.input_price + output_tokens * self.output_price
        return millions / 1_000_000

    @property
    def bounded(self) -> bool:
        """Whether a day may end before all of the best m x K were asked about."""
        return (self.listings_a_day, self.tokens_a_day, self.money_a_day) != (None, None, None)

    def spent(self, listings: int, input_tokens: int, output_tokens: int) -> bool:
        """Whether a day's budget is spent."""
        tokens = input_tokens + output_tokens
        return (
            (self.listings_a_day is not None and listings >= self.listings_a_day)
            or (self.tokens_a_day is not None and tokens >= self.tokens_a_day)
            or (
                self.money_a_day is not None
                and self.money(input_tokens, output_tokens) >= self.money_a_day
            )
        )


class SecondStage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A second stage in a slot of a topic.

    Parameters
    ----------
    version
        Names endpoint, model, policy text and prompt, such as ``weapons-second-0123456789ab``.
    slot
        A champion re-ranks; a shadow is asked, and nothing follows from its answers.
    policy_hash
        Hash of what the model is told of the policy: its test cases were run with that.
    """

    version: str
    spec: StageSpec
    slot: Slot
    policy_hash: str

    def __post_init__(self) -> None:
        """Refuse a slot that a second stage cannot have, as msgspec refuses a wrong type."""
        if self.slot == Slot.CANARY:
            raise ValueError("a second stage is champion or shadow")

    @property
    def ranks(self) -> bool:
        """Whether its answers change the order."""
        return self.slot == Slot.CHAMPION
