"""Which models have another slot of a topic from a manifest on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from mimawari.records.deployment import Slot

if TYPE_CHECKING:
    from mimawari.records.manifest import Manifest


class SlotChange(msgspec.Struct, frozen=True, kw_only=True):
    """A model that comes into a slot, goes from one to another, or leaves.

    Parameters
    ----------
    slot, share
        What it has from here on; None where it leaves.
    """

    topic: str
    model: str
    slot: Slot | None
    share: float | None


def slot_changes(before: Manifest, after: Manifest) -> list[SlotChange]:
    """Give what changes between two manifests, by topic and model.

    Examples
    --------
    >>> from mimawari.records.manifest import Manifest, TopicEntry
    >>> entry = TopicEntry(topic_file=1, sha256="", capacity=5).with_champion("weapons-1")
    >>> before = Manifest(topics={"weapons": entry})
    >>> after = before.with_topic("weapons", entry.with_champion("weapons-2"))
    >>> [(change.model, change.slot) for change in slot_changes(before, after)]
    [('weapons-1', None), ('weapons-2', <Slot.CHAMPION: 'champion'>)]
    """
    old, new = _deployed(before), _deployed(after)
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    return [
        SlotChange(topic=topic, model=model, slot=slot, share=share)
        for topic, model in changed
        for slot, share in [new.get((topic, model), (None, None))]
    ]


def _deployed(manifest: Manifest) -> dict[tuple[str, str], tuple[Slot, float]]:
    return {(topic, one.model): (one.slot, one.share) for topic, one in manifest.columns}
