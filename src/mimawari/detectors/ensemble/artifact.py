"""An ensemble as a sealed folder: each member's sealed folder within it, and one calibration."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mimawari.detectors import sealed
from mimawari.detectors.curves import Calibration
from mimawari.detectors.ensemble.pool import fingerprint
from mimawari.detectors.platt import Scale
from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.lineage import Lineage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mimawari.detectors.ensemble.pool import Member

KIND = "ensemble"
CALIBRATION, MEMBERS = "calibration.json", "members"


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the manifest beside the files: version and scale of each member."""

    members: dict[str, str]
    scales: dict[str, Scale]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a folder held."""

    topic: str
    members: dict[str, Member]
    scales: dict[str, Scale]
    calibration: Calibration
    lineage: Lineage
    version: str


def save(
    topic: str,
    members: Mapping[str, Callable[[Path], object]],
    load: Callable[[Path], Member],
    scales: Mapping[str, Scale],
    calibration: Calibration,
    lineage: Lineage,
    folder: Path,
) -> str:
    """Write the folder, which must be new or empty; returns the model's version.

    Parameters
    ----------
    members
        By name, what writes each member's own folder.
    load
        Loads any member again.
    scales
        Of each member's margins, in deviations from the background that its lineage states.
    """
    with tempfile.TemporaryDirectory() as scratch:
        contents = {CALIBRATION: msgspec.json.encode(calibration)}
        made = {}
        for name, write in members.items():
            place = Path(scratch) / MEMBERS / name
            write(place)
            made[name] = load(place)
        for path in sorted(Path(scratch).rglob("*")):
            if path.is_file():
                contents[path.relative_to(scratch).as_posix()] = path.read_bytes()
    versions = {name: member.version for name, member in made.items()}
    of_margins = {name: _of_margins(scales[name], member) for name, member in made.items()}
    parameters = Parameters(versions, of_margins)
    learnt = (member.lineage.prevalence for member in made.values())
    lineage = Lineage(prevalence=next(learnt, None)).joined(lineage)
    return sealed.write(folder, KIND, topic, fingerprint(made), contents, parameters, lineage)


def _of_margins(scale: Scale, member: Member) -> Scale:
    background = member.lineage.background
    if background is None:
        raise ValueError(f"model {member.version} does not state its background")
    return scale.of_margins(background)


def load(folder: Path, load_member: Callable[[Path, str], Member], version: str | None) -> Loaded:
    """Read and verify a folder and the members in it.

    Raises
    ------
    InvalidInputError
        A file is missing, extra or changed, or a member does not score the same topic.
    """
    model = sealed.read(folder, KIND, version)
    listed = model.parameters(Parameters)
    if set(listed.scales) != set(listed.members) or not listed.members:
        raise sealed.refuse(folder / sealed.MANIFEST, "does not give each member a scale")
    members = {n: load_member(folder / MEMBERS / n, made) for n, made in listed.members.items()}
    topic = model.manifest.topic
    for name, member in members.items():
        if member.topics != (topic,):
            problem = f"scores {', '.join(member.topics)}, not {topic}"
            raise InvalidInputError(
                FieldProblem(str(folder / MEMBERS / name), problem, sealed.REMEDY)
            )
    model.require_fingerprint(fingerprint(members))
    return Loaded(
        topic,
        members,
        listed.scales,
        msgspec.json.decode(model.contents[CALIBRATION], type=Calibration),
        model.lineage,
        model.version,
    )
