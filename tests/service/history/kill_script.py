"""Kill processes in the middle of closing, moving, erasing and removing, each on a copy of a store.

python -m tests.service.history.kill_script FOLDER   # prints what each came to, as JSON

Processes end without anything that Python would still do (`os._exit`), before the nth step that
lasts: a commit, a file of the store written or removed, a folder that gets its name.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mimawari.service.project.setup import setup

KILLS = 12
KILLED = 9
Told = dict[str, Any]


def fill(folder: Path) -> None:
    """Fill the store with three days of two sellers."""
    from bench.word_topic import TOPIC
    from tests.acting import TESTS
    from tests.service.history.world import FIRST, Clock, fill
    from tests.service.working import work_off

    from mimawari.listings.listing import Listing
    from mimawari.service.audit.sealing import seal_all
    from mimawari.service.intake import log
    from mimawari.service.platform import clock as database_clock
    from mimawari.service.releases.activating import activate_topic_files

    path = folder / "weapons.toml"
    path.write_text(TOPIC.format(topic="weapons", word="pistol", capacity=3), "utf-8")
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_clock, "database_now", lambda: clock.now)
        activate_topic_files([path], TESTS, "set-up")
        clock.now = FIRST
        rows = [Listing(id=f"E{n}", version=1, seller_id="elsa", title="a heron") for n in range(3)]
        log.append(rows)
        work_off()
        fill(clock)
        seal_all()


def go() -> None:
    """Close two days, let their rows leave, erase a seller, remove the first day."""
    from tests.acting import TESTS
    from tests.service.history.world import DAY

    from mimawari.errors import InvalidInputError
    from mimawari.service.erasure.seller import erase_seller
    from mimawari.service.history.closing import close_day, open_days
    from mimawari.service.history.days import closed_days
    from mimawari.service.retention.moving import move
    from mimawari.service.retention.remove import remove

    for day in open_days(DAY + timedelta(days=2)):
        close_day(day, TESTS, "over")
    for row in closed_days():
        move(row, TESTS, "over")
    try:
        erase_seller("elsa", TESTS, "asked")
    except InvalidInputError as error:  # nothing is left of the seller
        if "no listing is of 'elsa'" not in str(error):
            raise
    remove(DAY + timedelta(days=1), TESTS, "over")


def told() -> Told:
    """Say what is there: every listing by all ways to it, and whether the ledger verifies."""
    from tests.service.history.world import DAY

    from mimawari.service.audit.verify import verify
    from mimawari.service.history.erasing import files_with
    from mimawari.service.history.reading import day_scores
    from mimawari.service.review.listing_history import history_of
    from mimawari.service.trials.replay import _batches

    names = [f"L{n}" for n in range(30)] + [f"E{n}" for n in range(3)]
    histories = {name: history_of(name) for name in names}
    return {
        "versions": {name: len(known.versions) for name, known in histories.items() if known},
        "scored": [len(day_scores(DAY + timedelta(days=n), "weapons").numbers) for n in range(3)],
        "replayed": [row[1] for batch in _batches(0, 1_000) for row in batch],
        "problems": [str(problem) for problem in verify().problems],
        "of_elsa": len(list(files_with("elsa"))),
    }


def killed_before(step: int, counted: list[int]) -> None:
    """Have this process end before a step that lasts; count the steps."""
    from django.db.backends.base.base import BaseDatabaseWrapper

    from mimawari.service.catalogue.artifacts import ArtifactStore

    def counting(original: Callable[..., Any]) -> Callable[..., Any]:
        def counted_call(*values: Any, **named: Any) -> Any:
            counted[0] += 1
            if counted[0] == step:
                os._exit(KILLED)
            return original(*values, **named)

        return counted_call

    for place, name in (
        (BaseDatabaseWrapper, "_commit"),
        (ArtifactStore, "_write"),
        (ArtifactStore, "remove"),
        (Path, "rename"),
    ):
        setattr(place, name, counting(getattr(place, name)))


def on_copy(base: Path, place: Path, work: Callable[[], Told]) -> Told | None:
    """Do something in a process of its own, on a copy of a store; None where it was killed."""
    from django.conf import settings
    from django.db import connection

    if not place.exists():
        shutil.copytree(base, place)
    connection.close()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        connection.settings_dict["NAME"] = str(place / "store.db")
        settings.CONFIG = msgspec.structs.replace(settings.CONFIG, state_dir=str(place))
        os.write(write, json.dumps(work()).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in {0, KILLED}, status
    return None if status == KILLED else json.loads(said)


def whole(step: int = 0) -> Told:
    counted = [0]
    killed_before(step, counted)
    go()
    return told() | {"steps": counted[0]}


def main(folder: Path) -> None:
    base = folder / "base"
    base.mkdir(parents=True)
    os.environ["MIMAWARI_STATE_DIR"] = str(base)
    os.environ["MIMAWARI_DATABASE_URL"] = f"sqlite:///{base}/store.db"
    setup()
    from mimawari.service.platform import migrating

    migrating.migrate()
    fill(folder)
    before = on_copy(base, folder / "before", told)
    undisturbed = on_copy(base, folder / "undisturbed", whole)
    assert undisturbed is not None
    steps = random.Random(7).sample(range(1, undisturbed["steps"] + 1), KILLS)
    kills = []
    for step in sorted(steps):
        place = folder / str(step)
        assert on_copy(base, place, lambda step=step: whole(step)) is None  # type: ignore[misc]
        between = on_copy(base, place, told)
        after = on_copy(base, place, whole)
        kills.append({"step": step, "between": between, "after": after})
    print(json.dumps({"before": before, "undisturbed": undisturbed, "kills": kills}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
