"""What cron and systemd are told to run a flow every few days."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIG = "MIMAWARI_CONFIG"
FLOWS = ("train", "retrain")
AT = "03:17"
"""In the night, and not when everybody else's jobs begin."""


def cron_line(flow: str, topics: Sequence[str], days: int) -> str:
    """Give a line of a crontab; every few days of a month, where days divide no week.

    Examples
    --------
    >>> cron_line("retrain", ["weapons"], 7).split(" mimawari ")[1]
    "flow run retrain --topic weapons --reason 'every 7 days'"
    >>> cron_line("retrain", ["weapons"], 7).split()[:5], cron_line("train", ["a"], 3).split()[:5]
    (['17', '3', '*', '*', '1'], ['17', '3', '*/3', '*', '*'])
    """
    hour, minute = (int(part) for part in AT.split(":"))
    when = "* * 1" if days == 7 else f"*/{days} * *" if days > 1 else "* * *"
    # A crontab reads % as the end of a line.
    return f"{minute} {hour} {when} {_command(flow, topics, days)}".replace("%", r"\%")


def systemd_units(flow: str, topics: Sequence[str], days: int) -> str:
    """Give a service and its timer, for two files."""
    name = f"mimawari-{flow}"
    return f"""# systemd: /etc/systemd/system/{name}.service
[Unit]
Description=mimawari {flow} of {", ".join(topics)}
[Service]
Type=oneshot
Nice=10
ExecStart={_command(flow, topics, days)}

# systemd: /etc/systemd/system/{name}.timer
[Timer]
OnBootSec=1h
OnUnitActiveSec={days}d
[Install]
WantedBy=timers.target"""


def _command(flow: str, topics: Sequence[str], days: int) -> str:
    if flow not in FLOWS:
        remedy = f"use {' or '.join(FLOWS)}"
        raise InvalidInputError(FieldProblem("flow", f"is {flow}", remedy))
    words = [word for topic in topics for word in ("--topic", topic)]
    reason = "every day" if days == 1 else f"every {days} days"
    config = [f"{CONFIG}={os.environ[CONFIG]}"] if CONFIG in os.environ else []
    command = [sys.executable, "-m", "mimawari", "flow", "run", flow, *words, "--reason", reason]
    return shlex.join(["env", *config, *command] if config else command)


def unseen() -> list[str]:
    """Name settings of this environment that no scheduled command would see."""
    return sorted(name for name in os.environ if name.startswith("MIMAWARI_") and name != CONFIG)
