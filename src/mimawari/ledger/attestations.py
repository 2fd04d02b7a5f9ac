"""Statements that anybody can check: in-toto, signed with ECDSA, in Sigstore's bundles.

The forms are those of https://github.com/in-toto/attestation (Statement v1), of
https://github.com/secure-systems-lab/dsse (envelope) and of https://docs.sigstore.dev/about/bundle
(bundle v0.3, with a key of one's own in place of a certificate).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Self

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.json import JsonObject

STATEMENT = "https://in-toto.io/Statement/v1"
PAYLOAD = "application/vnd.in-toto+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


class Subject(msgspec.Struct, frozen=True):
    """What a statement is about, by its digest."""

    name: str
    digest: dict[str, str]


class Statement(msgspec.Struct, frozen=True, kw_only=True, rename={"type": "_type"}):
    """What is said of a subject; ``predicateType`` says in which form."""

    type: str = STATEMENT
    subject: tuple[Subject, ...]
    predicateType: str  # noqa: N815 (the format's name)
    predicate: JsonObject


class _Signature(msgspec.Struct, frozen=True):
    sig: str
    keyid: str = ""


class _Envelope(msgspec.Struct, frozen=True, rename="camel"):
    payload: str
    payload_type: str
    signatures: tuple[_Signature, ...]


class _PublicKey(msgspec.Struct, frozen=True):
    hint: str


class _Material(msgspec.Struct, frozen=True, rename="camel"):
    public_key: _PublicKey
    tlog_entries: tuple[str, ...] = ()


class _Bundle(msgspec.Struct, frozen=True, rename="camel"):
    media_type: str
    verification_material: _Material
    dsse_envelope: _Envelope


class AttestationKey(msgspec.Struct, frozen=True):
    """The secret half, as PEM: ECDSA on P-256, which tools for signed models know."""

    pem: str

    @classmethod
    def generate(cls) -> Self:
        """Draw a key."""
        secret = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return cls(secret.decode())

    def __repr__(self) -> str:
        return "AttestationKey()"  # a log must never show it

    @property
    def public(self) -> str:
        """The key that others check with, as PEM."""
        public = self._key().public_key()
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return public.public_bytes(serialization.Encoding.PEM, form).decode()

    def sign(self, statement: Statement) -> bytes:
        """Give a statement's bundle, as JSON on one line.

        Examples
        --------
        >>> key = AttestationKey.generate()
        >>> said = Statement(subject=(), predicateType="urn:x", predicate={"by": "ann"})
        >>> opened(key.sign(said), key.public) == said
        True
        """
        payload = msgspec.json.encode(statement)
        signature = self._key().sign(_authenticated(payload), ec.ECDSA(hashes.SHA256()))
        envelope = _Envelope(_base64(payload), PAYLOAD, (_Signature(_base64(signature)),))
        material = _Material(_PublicKey(_hint(self.public)))
        return msgspec.json.encode(_Bundle(BUNDLE, material, envelope))

    def _key(self) -> ec.EllipticCurvePrivateKey:
        try:
            key = serialization.load_pem_private_key(self.pem.encode(), None)
        except (ValueError, TypeError) as error:
            raise _refuse("key", "cannot be read", "restore it from a back-up") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise _refuse("key", "is none of ECDSA on P-256", "restore it from a back-up")
        return key


def opened(bundle: bytes, public: str) -> Statement:
    """Give what a bundle says, where this key signed it.

    Raises
    ------
    InvalidInputError
        It did not, or the bundle was changed.
    """
    key = serialization.load_pem_public_key(public.encode())
    try:
        envelope = msgspec.json.decode(bundle, type=_Bundle).dsse_envelope
        payload = base64.b64decode(envelope.payload, validate=True)
        (signature,) = envelope.signatures
        assert isinstance(key, ec.EllipticCurvePublicKey)
        signed = base64.b64decode(signature.sig, validate=True)
        key.verify(signed, _authenticated(payload), ec.ECDSA(hashes.SHA256()))
        return msgspec.json.decode(payload, type=Statement)
    except InvalidSignature:
        raise _refuse("bundle", "is not signed by this key", "compare the keys") from None
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        raise _refuse("bundle", f"cannot be read ({error})", "fetch it again") from error


def _authenticated(payload: bytes) -> bytes:
    """Encode what is signed, as DSSE v1 has it."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)


def _hint(public: str) -> str:
    return hashlib.sha256(public.encode()).hexdigest()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _refuse(field: str, problem: str, remedy: str) -> InvalidInputError:
    return InvalidInputError(FieldProblem(field, problem, remedy))
