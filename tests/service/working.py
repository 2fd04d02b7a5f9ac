"""Scores and admits what waits, in this process: what the roles do beside each other."""

from __future__ import annotations

from mimawari.service.admission.admitter import Admitter
from mimawari.service.scoring.scorer import Scorer


def work(batch: int = 1_000, scorer: Scorer | None = None) -> int:
    """Score one batch and merge its candidates; gives how many versions were dealt with."""
    done = (scorer or Scorer(batch)).score_batch()
    while Admitter().turn():
        pass
    return done


def work_off(batch: int = 1_000) -> int:
    """Score and admit until nothing waits; gives how many versions were dealt with."""
    scorer, done = Scorer(batch), 0
    while part := work(scorer=scorer):
        done += part
    return done
