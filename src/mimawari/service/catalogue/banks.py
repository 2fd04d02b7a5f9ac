"""Banks of known pictures in force: each a copy of its file, by version."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mimawari.detectors.banks import Bank, BankDetector, load
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.catalogue.artifacts import artifacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mimawari.records.manifest import Manifest

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
SUFFIX = ".jsonl"
_AGAIN = "activate it again from its file"


@dataclass(frozen=True, slots=True)
class InForce:
    """What a generation says of a bank; ``place`` is its name in the artifact store."""

    name: str
    version: str
    place: str
    score: float

    def load(self) -> BankDetector:
        """Read the copy.

        Raises
        ------
        InvalidInputError
            It is gone, or is not what was activated.
        """
        bank = load(artifacts().folder(self.place) / f"{self.name}{SUFFIX}")
        if bank.version != self.version:
            problem = f"is at version {bank.version}, not {self.version}: {self.place} was changed"
            raise InvalidInputError(FieldProblem(f"bank {self.name}", problem, _AGAIN))
        return BankDetector(bank, self.score)


def in_force(manifest: Manifest) -> Iterator[InForce]:
    """Give the banks of a manifest."""
    for name, entry in sorted(manifest.banks.items()):
        yield InForce(name, entry.version, entry.place, entry.score)


def load_all(
    manifest: Manifest, load: Callable[[InForce], BankDetector] = InForce.load
) -> tuple[list[BankDetector], dict[str, FieldProblem]]:
    """Load the banks of a manifest; gives those that load, and by name what is wrong."""
    detectors, problems = [], {}
    for bank in in_force(manifest):
        try:
            detectors.append(load(bank))
        except InvalidInputError as error:
            problems[bank.name] = error.problems[0]
    return detectors, problems


def store_bank(path: Path) -> tuple[Bank, str]:
    """Copy a bank's file into the artifact store; gives the bank and the copy's name there.

    Raises
    ------
    InvalidInputError
        The file is no bank, holds nothing, or its name would be no name of a bank.
    """
    if not NAME.fullmatch(path.stem):
        problem = f"would be a bank named {path.stem[:60]!r}"
        remedy = "name the file with up to 40 letters, digits, dots, hyphens and underscores"
        raise InvalidInputError(FieldProblem("bank", problem, remedy))
    bank = load(path)
    if not bank.entries:
        remedy = "add pictures first: mimawari banks add"
        raise InvalidInputError(FieldProblem("bank", f"{path.name} holds no picture", remedy))
    place = f"banks/{bank.version}"
    with TemporaryDirectory() as folder:
        copy = Path(folder, f"{bank.name}{SUFFIX}")
        copy.write_bytes(path.read_bytes())
        if load(copy).version != bank.version:
            problem = f"{path.name} was changed while it was read"
            raise InvalidInputError(FieldProblem("bank", problem, "try again"))
        artifacts().put(Path(folder), place)
    return bank, place
