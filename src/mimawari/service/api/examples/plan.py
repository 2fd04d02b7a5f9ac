"""An example of a plan: the planner's own answer, which a test compares with it."""

from __future__ import annotations

from mimawari.service.trials.plan_request import PlanRequest
from mimawari.service.trials.planning import Cost, Planned

LEAST = 383.1580093623696
REQUEST = PlanRequest(precision=0.3, capacity=200)
PLANNED = Planned(
    True,
    "Decidable: by reuse with 107 reviews in half of all cases and 203 in 80% of them, 5 days.",
    [
        Cost("reuse", 107.0, 203.0, 3.0, 5.0, 88.54193885618258),
        Cost("fast", 352.0, 678.0, 3.0, 6.0, LEAST),
        Cost("safe", 352.0, 678.0, 6.0, 12.0, LEAST),
        Cost("fresh", 352.0, 678.0, 8.0, 14.0, LEAST),
        Cost("split", 6_000.0, 6_000.0, 30.0, 30.0, None),
    ],
)
