"""Secrets of second factors at rest: encrypted, so that the database alone is no use."""

from __future__ import annotations

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.platform.state_key import state_key

FILE = "second_factor_key"
NONCE = 12
PURPOSE = b"mimawari second factor"


def seal(text: str) -> str:
    """Encrypt a secret with the key of the state folder."""
    nonce = secrets.token_bytes(NONCE)
    sealed = nonce + AESGCM(state_key(FILE)).encrypt(nonce, text.encode(), PURPOSE)
    return base64.b64encode(sealed).decode("ascii")


def opened(sealed: str) -> str:
    """Decrypt what `seal` gave.

    Raises
    ------
    InvalidInputError
        The state folder has another key, or the row was changed.
    """
    try:
        content = base64.b64decode(sealed, validate=True)
        text = AESGCM(state_key(FILE)).decrypt(content[:NONCE], content[NONCE:], PURPOSE)
    except (InvalidTag, ValueError, binascii.Error):
        problem = f"does not open with the {FILE} of this state folder"
        remedy = f"copy {FILE} from a back-up, or 'mimawari accounts reset-second-factor'"
        raise InvalidInputError(FieldProblem("second_factor", problem, remedy)) from None
    return text.decode()
