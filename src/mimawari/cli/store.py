"""What commands on the store share: Django set up, tables there, who is acting."""

from __future__ import annotations

import getpass


def open_store() -> None:
    """Set Django up and bring the tables up to date."""
    from mimawari.service import setup

    setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)


def acting() -> str:
    """Name the operating system's user, for the ledger."""
    return getpass.getuser()
