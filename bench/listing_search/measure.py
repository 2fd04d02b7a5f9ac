"""Fills the store of the environment, indexes it, and asks; prints one line of JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db import connection

from bench.acting import BENCH
from bench.environment import rounded
from mimawari.service.project.setup import setup

if TYPE_CHECKING:
    from mimawari.service.search.query import Query

REPEATS = 20
WHOLE, QUICK = (1_000_000, 100_000), (20_000, 4_000)


def fill(versions: int, alerts: int) -> None:
    """Write listing versions with alerts and decisions on one in ten."""
    from bench.listing_search.texts import texts
    from bench.reads.fill import Size, _Filler, _tidy
    from mimawari.cli.store import open_store

    open_store()
    from mimawari.detectors.packs import starter
    from mimawari.service.releases import generations
    from mimawari.service.releases.activating import activate_topic_files

    activate_topic_files(list(starter()), BENCH, "bench")

    class Filler(_Filler):
        """Texts that differ; no scores, which no search reads."""

        def versions(self) -> None:
            self._texts = texts(self.size.versions)
            super().versions()

        def _version(self, n: int) -> tuple[object, ...]:
            row = list(super()._version(n))
            title, description = next(self._texts)
            payload = json.loads(row[4]) | {"title": title, "description": description}
            row[4] = json.dumps(payload, ensure_ascii=False)
            return tuple(row)

        def _scores(self) -> Iterator[tuple[object, ...]]:
            return iter(())

    generation = generations.current()
    assert generation is not None
    size = Size(versions, alerts, versions // 100, trials=0)
    filler = Filler(size, generation.number, sorted(generation.manifest.topics))
    filler.people()
    filler.versions()
    filler.alerts()
    _tidy()


def index() -> float:
    """Fill the index as the role does, in larger transactions; gives the seconds."""
    from mimawari.service.search.indexer import Indexer
    from mimawari.service.search.state import freshness

    start, indexer = time.perf_counter(), Indexer(documents=2_000)
    while indexer.turn():
        if int(time.perf_counter() - start) % 20 == 0:
            print(freshness(), file=sys.stderr)
    assert freshness().share == 1
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE search_document")
    return time.perf_counter() - start


def questions() -> dict[str, Query]:
    """Give what is asked, by what it is."""
    from django.contrib.auth.models import User

    from mimawari.service.releases import generations
    from mimawari.service.search.models import Document
    from mimawari.service.search.query import Query

    newest = generations.current()
    assert newest is not None
    topic = sorted(newest.manifest.topics)[0]
    who = User.objects.filter(username="moderator-7").get().pk
    last = Document.objects.latest("pk").day
    return {
        "everything": Query(),
        "one character, 酒": Query(text="酒"),
        "two characters, 野菜": Query(text="野菜"),
        "a particle, の": Query(text="の"),
        "three characters, 東京都": Query(text="東京都"),
        "a rare word, 薙刀": Query(text="薙刀"),
        "a rare word, zanzibar": Query(text="zanzibar"),
        "a frequent word": Query(text="the"),
        "the beginning of words, con": Query(text="con"),
        "three frequent words": Query(text="the and of"),
        "two words that hardly meet": Query(text="zanzibar 野菜"),
        "a word that is nowhere": Query(text="qqqq"),
        "a large seller": Query(seller="large"),
        "a topic": Query(topic=topic),
        "violations": Query(verdict="violates"),
        "a topic's violations by a moderator": Query(
            topic=topic, verdict="violates", moderator=who
        ),
        "a word among violations": Query(text="the", verdict="violates"),
        "酒 of a large seller in an old week": Query(
            text="酒",
            seller="large",
            first_day=last - timedelta(90),
            last_day=last - timedelta(84),
        ),
        "a frequent word on the oldest days": Query(text="the", last_day=last - timedelta(98)),
    }


def timed(ask: Callable[[], object], repeats: int) -> dict[str, float]:
    """Ask again and again; gives milliseconds."""
    times = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        ask()
        times.append(1_000 * (time.perf_counter() - begin))
    first, *warm = times
    return {
        "first_ms": rounded(first),
        "median_ms": rounded(float(np.median(warm))),
        "p95_ms": rounded(float(np.quantile(warm, 0.95))),
    }


def asked(repeats: int) -> list[dict[str, Any]]:
    """Ask every question as the console does; of blind moderators too."""
    from mimawari.records.principal import Principal
    from mimawari.service.accounts.permissions import GRANTS, Authority, Permission, Role
    from mimawari.service.search.results import search

    lead = Authority(Principal("user", "1", "lead"), frozenset(Permission))
    blind = Authority(Principal("user", "2", "anna"), GRANTS[Role.MODERATOR])
    rows = []
    for who, authority in (("", lead), (", by a moderator", blind)):
        for name, query in questions().items():
            if who and not query.verdict:
                continue
            page = search(query, authority)
            row = {"question": name + who, "count": f"{page.count.relation} {page.count.value}"}
            rows.append(row | timed(lambda q=query, a=authority: search(q, a), repeats))
            print(rows[-1], file=sys.stderr, flush=True)
            if page.next:
                second = timed(lambda q=query, a=authority, n=page.next: search(q, a, n), repeats)
                rows[-1]["second_page_p95_ms"] = second["p95_ms"]
    return rows


def main() -> None:
    """Fill, index, ask, print."""
    quick = "--quick" in sys.argv
    setup()
    from bench.listing_search.instead import instead, sizes

    versions, alerts = QUICK if quick else WHOLE
    fill(versions, alerts)
    seconds = index()
    figures = {
        "versions": versions,
        "decided_alerts": alerts,
        "seconds_to_index": rounded(seconds),
        "documents_a_second": rounded(versions / seconds),
        "bytes": sizes(),
        "repeats": REPEATS,
        "questions": asked(REPEATS),
        "instead": instead(),
    }
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()
