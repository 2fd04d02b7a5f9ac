"""Fills the store of the environment and gives each moderator a key; or counts what was doubled."""

from __future__ import annotations

import json
import sys

from bench.acting import BENCH
from mimawari.service.project.setup import setup


def doubled() -> int:
    """Count the alerts that the API's moderators decided more than once."""
    from django.db.models import Count

    from mimawari.service.review.models import Decision

    mine = Decision.objects.filter(moderator__username__startswith="moderator-", seconds=2.0)
    by_alert = mine.values("alert").annotate(n=Count("pk")).order_by()
    return by_alert.filter(n__gt=1).count()


def keys_of(people: int, quick: bool) -> list[str]:
    """Fill the store, and make a key a moderator."""
    from mimawari.cli.store import open_store

    open_store()
    from bench.reads.fill import Size, fill
    from mimawari.detectors.packs import starter
    from mimawari.service.accounts import keys
    from mimawari.service.releases.activating import activate_topic_files

    activate_topic_files(list(starter()), BENCH, "bench")
    waiting = people  # a topic: more than all of them decide in a minute
    held = (20_000, 4_000) if quick else (200_000, 100_000)
    fill(Size(*held, sellers=2_000, trials=10, moderators=people, waiting=waiting))
    names = [f"moderator-{i}" for i in range(people)]
    return [keys.create(name, ["reviews:write"], BENCH, name) for name in names]


def main() -> None:
    """Print one line."""
    setup()
    if "--doubled" in sys.argv:
        print(doubled())
    else:
        print(json.dumps(keys_of(int(sys.argv[1]), "--quick" in sys.argv)))


if __name__ == "__main__":
    main()
