"""Fills a catalogue with models that came into force one after the other, and times its pages.

    python -m bench.reads.catalogue 10000

It prints a line of JSON. The store is that of the environment, and should be new.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

from bench.acting import BENCH
from bench.environment import rounded
from mimawari.service.project.setup import setup

REPEATS = 20


def main() -> None:
    """Fill, read, print."""
    setup()
    from mimawari.cli.store import open_store

    open_store()
    from django.test import Client

    from bench.reads.fill_catalogue import fill_models, fill_spare
    from mimawari.detectors.packs import starter
    from mimawari.service.accounts import roles
    from mimawari.service.releases.activating import activate_topic_files
    from mimawari.service.releases.models import DeploymentChange, TopicChange

    activate_topic_files(list(starter()), BENCH, "bench")
    versions = fill_models(int(sys.argv[1]))
    old, new = versions[len(versions) // 2], versions[-1]
    topic = new.rpartition("-")[0]
    client = Client(SERVER_NAME="localhost")
    client.force_login(roles.add("engineer", None, "ml_engineer", BENCH))
    paths = {
        "all": "/models",
        "by text": "/models?text=00ff",
        "by text, none found": "/models?text=nothing",
        "by topic and who": f"/models?topic={topic}&by=who1",
        "by data set": f"/models?data_set={topic}",
        "in force": "/models?slot=in_force",
        "not in force": "/models?slot=none",
        "the last page": f"/models?before={versions[10]}",
        "a model": f"/models/{old}",
        "the newest model": f"/models/{new}",
        "side by side": f"/models/compare?a={old}&b={new}",
        "unused and stale": "/models/neglected",
        "unused and stale, of a day": "/models/neglected?unused=1&labels=1&retrained=1",
        "timeline": f"/topics/{topic}/versions",
        "which version when": f"/topics/{topic}/versions?at=2100-01-01T00:00",
        "the oldest of a timeline": f"/topics/{topic}/versions?before=40",
    }
    told = {"models": len(versions), "changes": TopicChange.objects.count()}
    told["slots"] = DeploymentChange.objects.count()
    pages = {name: _timed(client, path) for name, path in paths.items()}
    fill_spare(len(versions))
    pages["unused and stale, as many never in force"] = _timed(client, "/models/neglected")
    print(json.dumps({**told, "pages": pages}))


def _timed(client: object, path: str) -> dict[str, float]:
    """Ask for a page some times; milliseconds in the median, and at p95."""
    times = []
    for _ in range(REPEATS + 1):
        begin = time.perf_counter()
        answer = client.get(path)  # type: ignore[attr-defined]  # Django's client, set up by now
        times.append(1_000 * (time.perf_counter() - begin))
        assert answer.status_code == 200, (path, answer.status_code)
    warm = times[1:]
    median, p95 = float(np.median(warm)), float(np.quantile(warm, 0.95))
    return {"median_ms": rounded(median), "p95_ms": rounded(p95)}


if __name__ == "__main__":
    main()
