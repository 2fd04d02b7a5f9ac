"""Back-tests: a candidate against the champion on the history."""

from __future__ import annotations

from mimawari.service.api import tags
from mimawari.service.api.bodies import Body
from mimawari.service.api.starts import BacktestStart
from mimawari.service.api.trials import Group, listing, showing, starting, stopping
from mimawari.service.trials.models import Kind

BACKTESTS = Group("/api/v1/backtests", "back-test", "Backtest", tags.BACKTESTS, (Kind.BACKTEST,))
EXAMPLE = BacktestStart(
    candidate="weapons-0123456789ab",
    reason="new labels",
    window_days=28,
    smallest_gain=0.03,
    alpha=0.05,
    beta=0.1,
)
ENDPOINTS = (
    listing(BACKTESTS),
    starting(BACKTESTS, Body(BacktestStart, EXAMPLE)),
    showing(BACKTESTS),
    stopping(BACKTESTS),
)
