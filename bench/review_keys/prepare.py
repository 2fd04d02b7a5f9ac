"""Fills the store of the environment with alerts and pictures; or says what is stored."""

from __future__ import annotations

import io
import json
import random
import sys
import tempfile
from pathlib import Path

from bench.acting import BENCH
from mimawari.service.project.setup import setup

TOPICS = ("adult", "animals", "drugs", "weapons")
TOPIC_FILE = """
topic = "{topic}"
severity = "high"
capacity = 500
[title]
en = "{topic}"
[policy]
en = "Nothing of the kind is sold here."
[[rules]]
id = "word"
when = {{ words = ["cup"] }}
[rules.examples]
match = ["a cup"]
no_match = ["a spoon"]
"""
DISTINCT = 200  # pictures of which every listing has two


def fill_store(waiting: int, password: str, names: list[str]) -> None:
    """Put the starter pack in force, and alerts with pictures before two moderators."""
    from mimawari.cli.store import open_store

    open_store()
    from django.contrib.auth.models import User

    from bench.reads.fill import Size, fill
    from mimawari.service.admission.models import Alert, Purpose
    from mimawari.service.releases.activating import activate_topic_files

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{topic}.toml" for topic in TOPICS]
        for path in paths:
            path.write_text(TOPIC_FILE.format(topic=path.stem), "utf-8")
        activate_topic_files(paths, BENCH, "bench")
    each = -(-waiting // len(TOPICS))
    fill(Size(waiting + 20_000, 10_000, sellers=2_000, trials=1, moderators=10, waiting=each))
    # Nothing but lists: what is explored is judged blind.
    judged = Alert.objects.filter(state="decided").values("listing_version")
    Alert.objects.filter(state="open", listing_version__in=judged).delete()
    Alert.objects.filter(state="open").update(purpose=Purpose.TOP_K, probability=None)
    for name in names:
        User.objects.create_user(name, password=password)
    _show_pictures()
    _name_pictures()
    _settle()


def _show_pictures() -> None:
    """Give every listing two pictures that are kept already."""
    from django.utils import timezone

    from bench.reads.fill import insert
    from mimawari.service.intake.models import ListingVersion
    from mimawari.service.media.models import Picture, Snapshot, SnapshotState

    kept = _pictures()
    now = timezone.now()
    rows = [(sha256, size, 640, 480, None, 0, now) for sha256, size in kept]
    names = ("sha256", "bytes", "width", "height", "pdq", "pdq_quality", "first_seen_at")
    insert(Picture, names, rows)
    versions = list(ListingVersion.objects.order_by("pk").values_list("pk", flat=True))
    columns = ("listing_version", "position", "url", "state", "picture", "attempts", "due_at",
               "fault", "problem")  # fmt: skip
    draw = random.Random(7)
    insert(
        Snapshot,
        columns,
        (
            (n, at, f"https://shop.example/{n}-{at}.jpg", int(SnapshotState.KEPT),
             draw.choice(kept)[0], 1, now, "", "")
            for n in versions
            for at in (0, 1)
        ),
    )  # fmt: skip


def _settle() -> None:
    """Do what a store that has been in use has behind it: its index, its kept figures."""
    from bench.reads.fill import tend
    from mimawari.service.search.indexer import Indexer

    indexer = Indexer()
    while indexer.turn():
        pass
    tend()


def _pictures() -> list[tuple[str, int]]:
    """Draw pictures of noise and keep them; gives hashes and sizes."""
    import numpy as np
    from PIL import Image

    from mimawari.service.media.pictures import store

    draw, kept = np.random.default_rng(5), []
    for _ in range(DISTINCT):
        coarse = draw.integers(0, 256, (12, 16, 3), np.uint8)
        data = io.BytesIO()
        Image.fromarray(coarse).resize((640, 480)).save(data, "JPEG", quality=85)
        kept.append((store().put(data.getvalue()), len(data.getvalue())))
    return kept


def _name_pictures() -> None:
    """Let the listings name the pictures that are kept of them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE intake_listingversion SET payload = substr(payload, 1, length(payload) - 1) ||"
            ' \', "image_urls": ["https://shop.example/\' || id || \'-0.jpg",'
            " \"https://shop.example/' || id || '-1.jpg\"]}'"
        )


def stored(names: list[str]) -> dict[str, list[int]]:
    """Give the alerts that each of the moderators decided, as the store says."""
    from mimawari.service.review.models import Decision

    return {
        name: list(
            Decision.objects.filter(moderator__username=name).values_list("alert_id", flat=True)
        )
        for name in names
    }


def main() -> None:
    """Print one line."""
    setup()
    if sys.argv[1] == "--stored":
        print(json.dumps(stored(sys.argv[2:])))
    else:
        fill_store(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
        print("{}")


if __name__ == "__main__":
    main()
