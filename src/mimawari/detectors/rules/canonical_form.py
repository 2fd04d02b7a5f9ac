"""Topic files as plain data, so that the same rules give the same version everywhere."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors.topicfile import Rule
from mimawari.listings.listing import Listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mimawari.detectors.topicfile import TopicFile


# Where a file came from, and what follows a decision: no score depends on these.
NO_PART = (
    *("source", "clauses", "clause_optional", "clause", "actions", "strikes", "trusted_from"),
)


def plain(value: object) -> object:
    """Turn conditions, rules and topic files into lists and dictionaries.

    A condition keeps its kind; what no score depends on is left out, and of a rule's note all
    but one language, so that a translation makes no other version.

    Examples
    --------
    >>> from mimawari.detectors.topicfile.conditions import Not, Reference
    >>> plain(Not(Reference("toy")))
    {'Not': {'part': {'Reference': {'rule': 'toy'}}}}
    """
    if isinstance(value, Listing):
        return msgspec.to_builtins(value)
    if is_dataclass(value):
        named = {f.name: plain(getattr(value, f.name)) for f in fields(value)}
        if isinstance(value, Rule):
            named["note"] = value.note_in_english
        if not named.get("markets", True):  # in force everywhere: as before there were any
            del named["markets"]
        return {type(value).__name__: {k: v for k, v in named.items() if k not in NO_PART}}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return [plain(v) for v in value]
    return value


def fingerprint(topic_files: Sequence[TopicFile], precisions: Sequence[float]) -> str:
    """Give the SHA-256 of the canonical JSON of topic files and their rules' precisions."""
    canonical = json.dumps(
        [plain(tuple(topic_files)), list(precisions)],
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
