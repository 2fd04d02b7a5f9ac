"""Fills the store of the environment; prints a key with every scope, and sessions of an admin."""

from __future__ import annotations

import json
import sys

from bench.acting import BENCH
from mimawari.service.project.setup import setup

SESSIONS = 20


def main() -> None:
    """Print one line."""
    setup()
    from mimawari.cli.store import open_store

    open_store()
    from django.test import Client

    from bench.reads.fill import Size, fill
    from mimawari.detectors.packs import starter
    from mimawari.service.accounts import keys, roles
    from mimawari.service.accounts.keys import Scope
    from mimawari.service.releases.activating import activate_topic_files

    activate_topic_files(list(starter())[:5], BENCH, "bench")
    fill(Size(int(sys.argv[1]), 1_000, sellers=200, trials=4, moderators=3, waiting=30))
    person = roles.add("hostile", None, "admin", BENCH)
    cookies = []
    for _ in range(SESSIONS):
        browser = Client()
        browser.force_login(person)
        cookies.append(browser.cookies["sessionid"].value)
    key = keys.create("hostile", list(Scope), BENCH, person.username)
    print(json.dumps({"key": key, "sessions": cookies}))


if __name__ == "__main__":
    main()
