"""The load: clients that send listings and edits, moderators who decide; each notes answers."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.server import Server

LINES = 200
PAUSE = 0.1
"""Seconds between two requests of a client: scorers that are killed fall behind, not for ever."""
EDITED = 0.2
AWAY = (httpx.TransportError, json.JSONDecodeError)
REFUSED_FOR_NOW = {429, 500, 502, 503, 507}
VERDICTS = ("violates", "does_not_violate", "cannot_tell")
Key = tuple[str, int]


class Decided(msgspec.Struct, frozen=True):
    """A verdict whose acceptance a moderator's client read."""

    alert: int
    moderator: str
    verdict: str


class Load:
    """Runs clients against a server that may go away at any moment, and come back.

    What was not acknowledged is sent again, as a good client does; what was is never.

    Parameters
    ----------
    moderators
        Their names and keys.
    """

    def __init__(self, server: Server, key: str, moderators: dict[str, str], seed: int) -> None:
        self.server, self.key, self.seed = server, key, seed
        self.acknowledged: set[Key] = set()
        self.sent: set[Key] = set()
        self.decided: list[Decided] = []
        self.wrong: Counter[str] = Counter()
        """Answers that no client should ever get, and how often."""
        self.errors: list[str] = []
        self._lock = threading.Lock()
        self._ending = threading.Event()
        works: list[Callable[[], None]] = [self._lines, self._singles]
        works += [self._reviewer(name, key) for name, key in moderators.items()]
        self._threads = [threading.Thread(target=self._guarded, args=(work,)) for work in works]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Have every client finish what it has begun; the server has to be there."""
        self._ending.set()
        for thread in self._threads:
            thread.join(120)
        if any(thread.is_alive() for thread in self._threads):
            self.errors.append("a client waits for an answer for ever")

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # the verdict has to tell of it
            self.errors.append(f"a client ended: {type(error).__name__}: {error}")

    def _lines(self) -> None:
        listings = Listings("B", random.Random(self.seed))
        with self.server.client(self.key) as client:
            while not self._ending.wait(PAUSE):
                unsaid = {key_of(body): body for body in listings.some(LINES)}
                self.sent |= unsaid.keys()
                while unsaid:
                    self._post_lines(client, unsaid)

    def _post_lines(self, client: httpx.Client, unsaid: dict[Key, dict[str, object]]) -> None:
        """Send lines; those whose acknowledgement was read are taken out."""
        lines = "\n".join(json.dumps(body) for body in unsaid.values())
        path = "/api/v1/listings:batch"
        try:
            with client.stream("POST", path, content=lines.encode()) as answer:
                if answer.status_code in REFUSED_FOR_NOW:
                    self._ending.wait(PAUSE)
                    return
                for line in answer.iter_lines():
                    said = json.loads(line)
                    if said["status"] == "failed":
                        continue
                    key = (str(said["listing_id"]), int(said["version"]))
                    unsaid.pop(key, None)
                    self._note(key, said["status"])
        except AWAY:
            self._ending.wait(PAUSE)

    def _singles(self) -> None:
        listings = Listings("S", random.Random(self.seed + 1))
        with self.server.client(self.key) as client:
            while not self._ending.wait(PAUSE):
                (body,) = listings.some(1)
                self.sent.add(key_of(body))
                answer = self._persist(client, "/api/v1/listings", body)
                self._note(key_of(body), answer.json().get("status", str(answer.status_code)))

    def _persist(self, client: httpx.Client, path: str, body: object) -> httpx.Response:
        """Post until there is an answer that says something of the request."""
        while True:
            try:
                answer = client.post(path, json=body)
                if answer.status_code not in REFUSED_FOR_NOW:
                    return answer
            except AWAY:
                pass
            threading.Event().wait(PAUSE)

    def _note(self, key: Key, status: str) -> None:
        """Note an acknowledgement: of the first try, or of one whose answer was not read."""
        if status in {"accepted", "duplicate"}:
            self.acknowledged.add(key)
        else:
            self.wrong[status] += 1

    def _reviewer(self, name: str, key: str) -> Callable[[], None]:
        def review() -> None:
            chance = random.Random(f"{self.seed} {name}")
            with self.server.client(key) as client:
                while not self._ending.wait(PAUSE / 2):
                    answer = self._persist(client, "/api/v1/reviews:next", {})
                    if answer.status_code == 200:
                        self._decide(client, name, int(answer.json()["alert"]), chance)
                    elif answer.status_code != 204:
                        self.wrong[f"next {answer.status_code}"] += 1

        return review

    def _decide(self, client: httpx.Client, name: str, alert: int, chance: random.Random) -> None:
        """Decide; an item that was closed meanwhile, by an edit, is refused."""
        verdict = chance.choice(VERDICTS)
        answer = self._persist(client, f"/api/v1/reviews/{alert}", {"verdict": verdict})
        if answer.status_code == 200:
            with self._lock:
                self.decided.append(Decided(alert, name, verdict))
        elif answer.status_code != 409:
            self.wrong[f"decision {answer.status_code}"] += 1


class Listings:
    """Draws listings and newer versions of them, from a seed; of a client's own."""

    def __init__(self, prefix: str, chance: random.Random) -> None:
        self._prefix, self._chance = prefix, chance
        self._versions: list[int] = []

    def some(self, count: int) -> list[dict[str, object]]:
        """Draw so many, no two of one listing."""
        numbers: set[int] = set()
        known = len(self._versions)
        while len(numbers) < count:
            edit = known and self._chance.random() < EDITED
            number = self._chance.randrange(known) if edit else len(self._versions)
            if number == len(self._versions):
                self._versions.append(0)
            elif number not in numbers:
                self._versions[number] += 1
            numbers.add(number)
        return [self._body(number) for number in sorted(numbers)]

    def _body(self, number: int) -> dict[str, object]:
        words = self._chance.choices(("a cup", "a pistol", "some weed"), (80, 10, 10))
        return {
            "id": f"{self._prefix}{number}",
            "version": self._versions[number] + 1,
            "seller_id": f"s{number % 97}",
            "title": f"{words[0]} number {number}",
        }


def key_of(body: dict[str, object]) -> Key:
    """Give the identifier and version of a listing."""
    return str(body["id"]), int(str(body["version"]))
