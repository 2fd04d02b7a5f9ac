"""What a model was made from, as its artifact keeps it."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import msgspec

from mimawari.records.background import Background
from mimawari.records.json import JsonObject, JsonValue


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of a training; None where one is not known.

    Parameters
    ----------
    package
        Name and version of the code that trained.
    settings
        Everything that decides the model but the data: folds and seeds are among it.
    topics
        All that were trained together.
    data, encoder
        sha256 of the listings with their labels, and of an encoder that was given.
    data_set
        Version of the data set that these came from, where there is one.
    flow_run
        Name of the flow run that trained it, where one did.
    rows, positives, sellers
        How many were learnt from.
    prevalence
        Share of listings that violate where it learnt, by the weights of the rows: what its
        probabilities take for granted.
    background
        The held-out margins of listings that do not violate; what makes its margins comparable.
    rounds
        Trees, as far as they served.
    dropped
        Why trees that were tried do not serve.
    copies
        What disguised copies cost and keep, where that decided whether they are learnt.
    by, at, labels_until
        Who trained and when, and the time before which labels counted (ISO 8601).
    chosen
        The comparison by which this kind was chosen.
    notes
        What else an artifact says: of another program, or of another version of this one.

    Examples
    --------
    >>> made = Lineage.of({"by": "ann", "rows": 20, "shop": "north"})
    >>> made.by, made.rows, made.notes
    ('ann', 20, {'shop': 'north'})
    >>> made.plain()
    {'rows': 20, 'by': 'ann', 'shop': 'north'}
    """

    package: str | None = None
    settings: JsonObject | None = None
    topics: tuple[str, ...] | None = None
    data: str | None = None
    encoder: str | None = None
    data_set: str | None = None
    flow_run: str | None = None
    rows: int | None = None
    positives: int | None = None
    sellers: int | None = None
    prevalence: float | None = None
    background: Background | None = None
    rounds: int | None = None
    dropped: str | None = None
    copies: JsonObject | None = None
    by: str | None = None
    at: str | None = None
    labels_until: str | None = None
    chosen: JsonObject | None = None
    notes: JsonObject = {}

    @classmethod
    def of(cls, plain: Mapping[str, JsonValue]) -> Lineage:
        """Read what `plain` gave; a fact in another form than ours stands in the notes."""
        kinds = _kinds()
        facts = {k: v for k, v in plain.items() if k in kinds and _kept_by(kinds[k], v)}
        notes = {k: v for k, v in plain.items() if k not in facts}
        return msgspec.convert({**facts, "notes": notes}, cls)

    def plain(self) -> JsonObject:
        """Give the facts that are known and the notes as one JSON object."""
        facts = {name: getattr(self, name) for name in _kinds()}
        known = {k: msgspec.to_builtins(v) for k, v in facts.items() if v is not None}
        return {**known, **self.notes}

    def joined(self, other: Lineage | None) -> Lineage:
        """Give all facts of both; where both know one, the other's."""
        return self if other is None else Lineage.of({**self.plain(), **other.plain()})


@functools.cache
def _kinds() -> dict[str, object]:
    fields = msgspec.structs.fields(Lineage)
    return {field.name: field.type for field in fields if field.name != "notes"}


def _kept_by(kind: object, value: JsonValue) -> bool:
    """Whether a value of this type is written again as it was read: 5 is, 5.0 and null are not."""
    try:
        same = msgspec.json.encode(msgspec.convert(value, kind)) == msgspec.json.encode(value)
    except msgspec.ValidationError:
        return False
    return same and value is not None
