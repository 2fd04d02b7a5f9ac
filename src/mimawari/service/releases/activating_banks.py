"""What operators do with banks of known pictures: put them in force, and take them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.db import transaction

from mimawari.detectors.banks import BankDetector
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.manifest import BankEntry, Manifest
from mimawari.service.accounts.authority import authority_of, require
from mimawari.service.accounts.permissions import Permission
from mimawari.service.audit.record import record
from mimawari.service.catalogue import banks
from mimawari.service.releases import generations
from mimawari.service.releases.activating import next_manifest, require_topic
from mimawari.service.releases.event_kinds import BANK, BANK_WITHDRAWAL, BankDetails

if TYPE_CHECKING:
    from pathlib import Path

    from mimawari.records.principal import Principal


def activate_bank(path: Path, actor: Principal, reason: str, score: float) -> int:
    """Let a copy of a bank's file count as rules do from now on; gives the generation.

    Raises
    ------
    InvalidInputError
        The file is no bank, or is of topics that are not in force.
    """
    bank, place = banks.store_bank(path)
    BankDetector(bank, score)
    with transaction.atomic():
        manifest = next_manifest()
        topics = sorted({entry.topic for entry in bank.entries})
        require(actor, Permission.POLICY, *topics)
        for topic in topics:
            require_topic(manifest, topic)
        entry = BankEntry(version=bank.version, place=place, score=score)
        known = {**manifest.banks, bank.name: entry}
        number = generations.advance(with_banks(manifest, known), actor, reason).number
        details = BankDetails(number, bank.version, None, len(bank.entries), place, score)
        record(BANK, bank.name, actor, details, reason)
    return number


def deactivate_bank(name: str, actor: Principal, reason: str) -> int:
    """Let a bank count no more; gives the generation. Its copy stays: older scores name it.

    Raises
    ------
    InvalidInputError
        It is not in force.
    """
    with transaction.atomic():
        manifest = next_manifest()
        known = dict(manifest.banks)
        if name not in known:
            problem = f"{name[:60]!r} is not in force"
            remedy = f"name one of {', '.join(sorted(known)) or 'them: there is none'}"
            raise InvalidInputError(FieldProblem("bank", problem, remedy))
        entry = known.pop(name)
        require(actor, Permission.POLICY)
        if authority_of(actor).topics is not None:
            bank = banks.InForce(name, entry.version, entry.place, entry.score).load().bank
            require(actor, Permission.POLICY, *sorted({picture.topic for picture in bank.entries}))
        number = generations.advance(with_banks(manifest, known), actor, reason).number
        details = BankDetails(number, None, entry.version)
        record(BANK_WITHDRAWAL, name, actor, details, reason)
    return number


def with_banks(manifest: Manifest, banks: dict[str, BankEntry]) -> Manifest:
    """Give the manifest with other banks in force."""
    return msgspec.structs.replace(manifest, banks=banks)
