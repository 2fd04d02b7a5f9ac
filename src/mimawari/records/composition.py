"""Which parts a model consists of."""

from __future__ import annotations

import msgspec

from mimawari.records.json import JsonObject


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A model within an ensemble, with what its own folder says of it."""

    version: str
    kind: str
    fingerprint: str
    lineage: JsonObject


class Composition(msgspec.Struct, frozen=True, kw_only=True):
    """The kind of a model, and of an ensemble its members by name.

    Parameters
    ----------
    kind
        Empty where nobody looked.
    """

    kind: str = ""
    members: dict[str, Member] = {}


def decode_composition(text: str) -> Composition:
    """Read a composition from JSON.

    Examples
    --------
    >>> decode_composition('{"kind": "gbdt"}').members
    {}
    """
    return msgspec.json.decode(text, type=Composition)
