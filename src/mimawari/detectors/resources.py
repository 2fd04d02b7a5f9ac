"""A sealed folder's files with their digests, in the form of OpenSSF's model signatures."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mimawari.detectors.sealed import MANIFEST, read, read_manifest
from mimawari.ledger.attestations import Statement, Subject

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.records.json import JsonObject

SIGNATURE = "https://model_signing/signature/v1.0"


def subject_of(folder: Path) -> Subject:
    """Give a folder's version and its digest: of all files' digests, in the order of the names.

    Raises
    ------
    InvalidInputError
        A file is missing, extra or changed.
    """
    joined = b"".join(bytes.fromhex(digest) for digest in _digests(folder).values())
    return Subject(read_manifest(folder)[1], {"sha256": hashlib.sha256(joined).hexdigest()})


def signature_statement(folder: Path) -> Statement:
    """Say of each file of a verified folder what it is: what `model_signing verify` reads."""
    resources: list[JsonObject] = [
        {"name": name, "algorithm": "sha256", "digest": digest}
        for name, digest in _digests(folder).items()
    ]
    predicate: JsonObject = {
        "serialization": {
            "method": "files",
            "hash_type": "sha256",
            "allow_symlinks": False,
            "ignore_paths": [],
        },
        "resources": list(resources),
    }
    subject = subject_of(folder)
    return Statement(subject=(subject,), predicateType=SIGNATURE, predicate=predicate)


def _digests(folder: Path) -> dict[str, str]:
    manifest, _ = read_manifest(folder)
    sealed = read(folder, manifest.kind, files=manifest.files)
    contents = {**sealed.contents, MANIFEST: (folder / MANIFEST).read_bytes()}
    return {name: hashlib.sha256(contents[name]).hexdigest() for name in sorted(contents)}
