"""What docs/experiments.md says of a trial's parameters is what is declared."""

from __future__ import annotations

import runpy
from pathlib import Path

from mimawari.service.trials.design import BACKTEST, EXPERIMENT
from mimawari.service.trials.parameters import parameters_of

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "experiments.md").read_text("utf-8")
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "experiments_page.py"))


def test_the_table_is_made_of_the_declarations() -> None:
    assert SCRIPT["page"](TEXT) == TEXT, "run 'make docs'"


def test_the_table_has_every_parameter_that_may_be_set() -> None:
    for kind in (BACKTEST, EXPERIMENT):
        for parameter in parameters_of(kind):
            shown = f"\n| `{parameter.field.name}` | " in TEXT
            assert shown == parameter.offered, parameter.field.name


def test_the_page_of_the_api_names_every_parameter() -> None:
    page = (ROOT / "docs" / "api.md").read_text("utf-8")
    part = page[page.index("## GET and POST /api/v1/backtests") :]
    for kind in (BACKTEST, EXPERIMENT):
        for parameter in parameters_of(kind):
            assert not parameter.offered or f"`{parameter.field.name}`" in part
