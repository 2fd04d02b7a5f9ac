"""Signed notes and checkpoints: the specification's examples, and what must be refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mimawari.errors import InvalidInputError
from mimawari.ledger.checkpoint import Checkpoint
from mimawari.ledger.notes import SigningKey, VerifierKey, opened

# Of the reference implementation, golang.org/x/mod/sumdb/note.
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
NOTE = (
    TEXT
    + "\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdn"
    "gotpRZb6KE6RyyBwJnAM=\n"
)
# The example of C2SP's tlog-checkpoint; its key is not published.
BODY = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
KEY = SigningKey("shop.example/log", b"0123456789abcdef" * 2)
HEAD = Checkpoint(KEY.name, 3, b"r" * 32)


def test_the_reference_note_is_signed_byte_for_byte() -> None:
    assert SigningKey.parse(SIGNER).sign(TEXT) == NOTE
    assert str(SigningKey.parse(SIGNER)) == SIGNER
    assert str(SigningKey.parse(SIGNER).verifier) == VERIFIER
    assert opened(NOTE, VerifierKey.parse(VERIFIER)) == TEXT


def test_signatures_of_others_are_left_alone() -> None:
    both = HEAD.signed(KEY) + NOTE.rpartition("\n\n")[2]
    assert Checkpoint.opened(both, KEY.verifier) == HEAD
    namesake = SigningKey.generate(KEY.name)
    with pytest.raises(InvalidInputError, match="not by"):
        Checkpoint.opened(HEAD.signed(namesake), KEY.verifier)


@given(st.data())
def test_a_changed_letter_never_passes(data: st.DataObject) -> None:
    note = HEAD.signed(KEY)
    place = data.draw(st.integers(0, len(note) - 1))
    letter = data.draw(st.characters(exclude_characters=note[place], codec="utf-8"))
    with pytest.raises(InvalidInputError):
        Checkpoint.opened(note[:place] + letter + note[place + 1 :], KEY.verifier)


@pytest.mark.parametrize(
    "text",
    [
        *(VERIFIER[:end] for end in range(len(VERIFIER))),
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
)
def test_odd_keys_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="no Ed25519 key"):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "note",
    [
        "",
        TEXT,
        NOTE[:-1],
        NOTE.replace("— ", "- "),
        NOTE.replace("\n\n", "\n"),
        NOTE.replace("If", "\x07f"),
        TEXT + "\n— PeterNeumann x08g\n",
        NOTE.replace("JnAM=", "JnAN="),  # another text of the same bytes
        TEXT + "\n" + NOTE.rpartition("\n\n")[2] * 101,
    ],
)
def test_odd_notes_are_refused(note: str) -> None:
    with pytest.raises(InvalidInputError, match="no signed note"):
        opened(note, VerifierKey.parse(VERIFIER))


def test_the_specification_s_checkpoint() -> None:
    head = Checkpoint.parse(BODY)
    assert (head.origin, head.size) == ("example.com/behind-the-sofa", 20852163)
    assert base64.b64encode(head.root).startswith(b"CsUYapGG")
    assert head.text == BODY
    assert Checkpoint.parse(BODY + "an extension\n") == head


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\n01\n" + BODY.splitlines()[2] + "\n",
        "a\n-1\n" + BODY.splitlines()[2] + "\n",
        "a\n１\n" + BODY.splitlines()[2] + "\n",
        "a\n1\nAAAA\n",
        "a\n1\nnot base64\n",
        "\n1\n" + BODY.splitlines()[2] + "\n",
    ],
)
def test_odd_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="no checkpoint"):
        Checkpoint.parse(text)


def test_another_log_is_named() -> None:
    other = SigningKey("other.example/log", b"f" * 32)
    head = Checkpoint(other.name, 3, b"r" * 32)
    with pytest.raises(InvalidInputError, match=r"another log: this one is shop\.example/log"):
        Checkpoint.opened(head.signed(other), KEY.verifier)


def test_a_seed_is_never_shown() -> None:
    assert repr(KEY) == f"{KEY!r}" == "SigningKey('shop.example/log')"
