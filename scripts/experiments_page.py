"""Rewrite the table of parameters in docs/experiments.md from their declarations.

python scripts/experiments_page.py
"""

from __future__ import annotations

import re
from pathlib import Path

from mimawari.service.trials.design import BACKTEST, EXPERIMENT
from mimawari.service.trials.parameters import Parameter, parameters_of

PAGE = Path(__file__).parents[1] / "docs" / "experiments.md"
MARKED = re.compile(r"(<!-- parameters: start -->\n).*?(<!-- parameters: end -->)", re.DOTALL)
KINDS = {BACKTEST: "back-test", EXPERIMENT: "experiment"}
HEAD = ("parameter", "of", "default", "accepted", "meaning")


def table() -> str:
    """Lay out every parameter that whoever starts a trial may set."""
    declared: dict[str, dict[str, Parameter]] = {}
    for kind in KINDS:
        for parameter in parameters_of(kind):
            if parameter.offered:
                declared.setdefault(parameter.field.name, {})[kind] = parameter
    rows = [HEAD, ("---",) * len(HEAD), *(row(name, of) for name, of in declared.items())]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def row(name: str, of: dict[str, Parameter]) -> tuple[str, ...]:
    """Lay out one parameter of some kinds of trials."""
    field = next(iter(of.values())).field
    kinds = "both" if len(of) == len(KINDS) else KINDS[next(iter(of))]
    defaults = dict.fromkeys(str(one.otherwise or one.default) for one in of.values())
    meaning = field.description or field.title
    accepted = dict.fromkeys(one.field.accepted() for one in of.values())
    return f"`{name}`", kinds, ", ".join(defaults), "; ".join(accepted), meaning


def page(text: str) -> str:
    """Fill the table in."""
    return MARKED.sub(lambda part: f"{part[1]}{table()}{part[2]}", text)


def main() -> None:
    """Rewrite the page."""
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
