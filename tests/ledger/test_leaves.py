"""Leaves, bodies and commitments: exact bytes, and nothing to guess from."""

from __future__ import annotations

import hashlib
import hmac
import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.ledger.leaves import Leaf, batch_commitment, commitment, new_salt, row_commitments
from mimawari.records import event
from mimawari.records.principal import Principal

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


class Note(msgspec.Struct, frozen=True):
    text: str


@given(st.integers(0, 2**60), st.integers(-(2**60), 2**60), TEXTS, TEXTS, TEXTS)
def test_any_language_can_encode_a_leaf(
    sequence: int, at: int, kind: str, subject: str, principal: str
) -> None:
    leaf = Leaf(sequence, 5, at, kind, subject, "user", principal, "00")
    values = [sequence, 5, at, kind, subject, "user", principal, "00"]
    plain = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    assert leaf.encoded() == plain
    assert leaf.hash() == hashlib.sha256(b"\0" + plain).digest()


@given(TEXTS, TEXTS, TEXTS)
def test_bodies_go_round(by: str, reason: str, text: str) -> None:
    encoded = event.encode_body(by, reason, Note(text))
    body = event.decode_body(encoded)
    assert (body.by, body.reason) == (by, reason)
    assert msgspec.json.decode(body.details, type=Note) == Note(text)
    assert json.loads(encoded) == {"by": by, "reason": reason, "details": {"text": text}}


def test_commitments_need_their_salt() -> None:
    first, second = new_salt(), new_salt()
    assert len({len(first), 32}) == 1
    assert commitment(first, b"yes") != commitment(second, b"yes")
    assert commitment(first, b"yes") == hashlib.sha256(first + b"yes").digest()


def test_rows_are_committed_to_by_salts_of_their_own() -> None:
    rows = [(b"1", b"same"), (b"2", b"same")]
    first, second = row_commitments(b"secret", rows)
    assert first != second
    salt = hmac.new(b"secret", b"1", "sha256").digest()
    assert first == hashlib.sha256(salt + b"same").digest()
    assert batch_commitment([first, second]) != batch_commitment([second, first])


def test_a_kind_is_declared_once() -> None:
    kind = event.register("leaf_note", Note)
    assert event.register("leaf_note", Note) == kind
    assert kind in event.kinds()
    with pytest.raises(ValueError, match="another kind"):
        event.register("leaf_note", Principal)
