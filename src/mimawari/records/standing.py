"""What policy says of a seller: trusted or exempt, in one topic or in all."""

from __future__ import annotations

import enum


class Standing(enum.StrEnum):
    """How a seller's listings are treated; ``cleared`` is like any other.

    ``trusted``: alerted from the topic's ``trusted_from`` on only, and never hidden or held
    before somebody looked. ``exempt``: not alerted, but for what chance chooses.
    """

    TRUSTED = "trusted"
    EXEMPT = "exempt"
    CLEARED = "cleared"
