"""Puts questions in groups, several at a time, and asks once more what could not be read."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from typing import TYPE_CHECKING

from mimawari.detectors.remote.answers import read_answers
from mimawari.detectors.remote.errors import RefusedError, StopAskingError, UnansweredError
from mimawari.detectors.remote.prompt import messages

if TYPE_CHECKING:
    from collections.abc import Callable

    from mimawari.detectors.remote.cache import AnswerCache
    from mimawari.detectors.remote.endpoint import Endpoint
    from mimawari.detectors.remote.options import RemoteOptions
    from mimawari.detectors.remote.prompt import Shown

    Questions = dict[str, Shown]

UNREADABLE, REFUSED, UNANSWERED = "unreadable", "refused", "unanswered"
MOST_IN_VAIN = 5
NOT_READ = "the model's answers are not the JSON asked for; try another model"


class Asking:
    """One round of questions; opinions go to the cache as they come, so nothing paid is lost.

    A group whose answer cannot be read is asked again listing by listing: a seller whose text
    spoils the answer spoils only the own one. After some requests in a row without a single
    opinion nothing more is asked.
    """

    def __init__(
        self, endpoint: Endpoint, cache: AnswerCache, options: RemoteOptions, policy: str
    ) -> None:
        self._endpoint = endpoint
        self._cache = cache
        self._options = options
        self._policy = policy
        self._until = time.monotonic() + options.time_limit
        self._lock = threading.Lock()
        self._in_vain = 0
        self.problem = self.stopped = ""

    def ask(self, questions: Questions, progress: Callable[[int], object]) -> Counter[str]:
        """Ask all; gives how many are without an opinion, by the reason.

        Parameters
        ----------
        progress
            Called with the number of questions that were just dealt with.
        """
        left, failures = iter(questions.items()), Counter[str]()
        groups: list[Questions] = []
        while group := dict(islice(left, self._options.per_request)):
            groups.append(group)
        with ThreadPoolExecutor(self._options.concurrency) as pool:
            waiting = {pool.submit(self._group, group): len(group) for group in groups}
            try:
                for done in as_completed(waiting):
                    failures.update(done.result())
                    progress(waiting[done])
            except BaseException:  # an interrupt, too: threads are waited for, so let them end
                self._stop("interrupted")
                raise
        return failures

    def _group(self, group: Questions) -> Counter[str]:
        fates = self._once(group)
        again = [
            question
            for question, fate in fates.items()
            if fate == UNREADABLE or (fate == REFUSED and len(group) > 1)
        ]
        for question in again:
            del fates[question]
            fates |= self._once({question: group[question]})
        return Counter(UNREADABLE if fate == UNREADABLE else UNANSWERED for fate in fates.values())

    def _once(self, group: Questions) -> dict[str, str]:
        """Ask once; gives why, for every question that is left without an opinion."""
        if self.stopped:
            return dict.fromkeys(group, UNANSWERED)
        asked = messages(self._policy, list(group.values()))
        try:
            text = self._endpoint.complete(asked, len(group), self._until)
        except StopAskingError as error:
            self._stop(str(error))
            return dict.fromkeys(group, UNANSWERED)
        except UnansweredError as error:
            self._note(False, str(error))
            return dict.fromkeys(group, REFUSED if isinstance(error, RefusedError) else UNANSWERED)
        opinions = read_answers(text, len(group))
        numbered = enumerate(group, 1)
        answered = {question: opinions[i] for i, question in numbered if i in opinions}
        self._cache.put(answered)
        self._note(bool(answered), NOT_READ)
        return {question: UNREADABLE for question in group if question not in answered}

    def _note(self, good: bool, problem: str) -> None:
        with self._lock:
            self.problem = self.problem if good else problem
            self._in_vain = 0 if good else self._in_vain + 1
            most = MOST_IN_VAIN + self._options.concurrency
            if self._in_vain < most:
                return
        self._stop(f"{most} requests in a row were in vain, the last one so: {problem}")

    def _stop(self, reason: str) -> None:
        with self._lock:
            self.stopped = self.stopped or reason
