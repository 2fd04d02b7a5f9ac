"""Back-tests: a candidate against the champion on the history."""

from __future__ import annotations

from mimawari.records.fields import convert
from mimawari.service.api import tags
from mimawari.service.api.bodies import Body
from mimawari.service.api.trials import Group, listing, showing, starting, stopping
from mimawari.service.trials.models import Kind
from mimawari.service.trials.starting import BacktestStart

BACKTESTS = Group("/api/v1/backtests", "back-test", "Backtest", tags.BACKTESTS, (Kind.BACKTEST,))
EXAMPLE = convert(
    {
        "candidate": "weapons-0123456789ab",
        "reason": "new labels",
        "window_days": 28,
        "smallest_gain": 0.03,
        "alpha": 0.05,
        "beta": 0.1,
    },
    BacktestStart,
)
ENDPOINTS = (
    listing(BACKTESTS),
    starting(BACKTESTS, Body(BacktestStart, EXAMPLE)),
    showing(BACKTESTS),
    stopping(BACKTESTS),
)
