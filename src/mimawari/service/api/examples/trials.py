"""Examples of a trial and of a list of trials."""

from __future__ import annotations

import msgspec

from mimawari.service.api.examples.listings import MODEL, NOON
from mimawari.service.trials.design import Design
from mimawari.service.trials.today import Today
from mimawari.service.trials.trial_summary import (
    EventSummary,
    Evidence,
    Gain,
    TrialList,
    TrialSummary,
)

EVIDENCE = Evidence(
    steps=64, reviews=80, log_e=1.2, log_f=-0.4, promote=0.4, reject=0.0, low=-0.01, high=0.09
)
DESIGN = Design(capacity=200, mode="reuse", window_start=NOON, seed=7)
LISTED = TrialSummary(
    trial=1,
    kind="backtest",
    topic="weapons",
    champion="weapons-ba9876543210",
    candidate=MODEL,
    state="running",
    outcome="",
    statement="Not decided yet.",
    created_at=NOON,
    actor="engine-room",
    reason="new labels",
    generation=12,
    family="",
    design=DESIGN,
    evidence=EVIDENCE,
)
TRIAL = msgspec.structs.replace(
    LISTED,
    waits_for=["moderators' verdicts on 12 items"],
    today=Today(waiting=12, decided=30, capacity=200),
    gained=Gain(found=9, instead=6.5, reviews=80),
    events=[EventSummary(NOON, "started", "engine-room", {"reason": "new labels"})],
)
TRIALS = TrialList([LISTED])
