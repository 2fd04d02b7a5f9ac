"""Which parts a model consists of."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from mimawari.records.json import JsonObject


class PartKind(StrEnum):
    """What a model may be made from, or scores with."""

    FEATURE = "feature"
    ENCODER = "encoder"
    READINGS = "readings"
    DATA_SET = "data_set"
    MEMBER = "member"
    FLOW_RUN = "flow_run"
    PACKAGE = "package"


class Part(msgspec.Struct, frozen=True, order=True):
    """One thing that a model breaks without, or was made from.

    Parameters
    ----------
    name
        Of a feature, data set, flow run and package their names, of a member its version, of an
        encoder the sha256 of its network, of readings their fingerprint.
    """

    kind: PartKind
    name: str

    def __str__(self) -> str:
        """Write it as filters take it.

        Examples
        --------
        >>> str(Part(PartKind.FEATURE, "log_price"))
        'feature:log_price'
        """
        return f"{self.kind}:{self.name}"


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
