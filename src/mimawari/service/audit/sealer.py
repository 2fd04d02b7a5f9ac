"""Seals what happened, twice a second, beside whatever else a process does."""

from __future__ import annotations

from mimawari.service.audit.sealing import seal_all
from mimawari.service.platform.work_loop import WorkLoop


class Sealer(WorkLoop):
    """Calls `seal_all` in a thread of its own: nothing that takes long may hold it up."""

    trouble = "sealing failed; what happened waits for the next turn"

    def __init__(self) -> None:
        super().__init__(idle_seconds=0.5)

    def turn(self) -> bool:
        """Seal what waits; then pause, so that one signature covers half a second."""
        seal_all()
        return False
