"""Rewrite the tables of docs/benchmarks.md from bench/results/*.json.

    python scripts/benchmarks_page.py

Everything between the two markers of the page is generated; the words around it are not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks.md"
START, END = "<!-- results: start -->", "<!-- results: end -->"
MOST_FIGURES = 100  # nobody reads a longer table


def shown(value: object) -> str:
    """Format a figure for people."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "**no**", None: "-"}[value]
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list) and len(value) == 3:
        return f"{shown(value[0])} ({shown(value[1])} - {shown(value[2])})"
    return str(value)


def section(name: str, result: dict[str, Any]) -> str:
    """Lay out one result: its aims as a table, then every other figure."""
    lines = [f"## {name}", "", f"`python -m bench {name}`", ""]
    ran_on = result.get("ran_on", {})
    if ran_on:
        lines += [", ".join(f"{k} {shown(v)}" for k, v in flat(ran_on)), ""]
    aims = result.get("aims", [])
    if aims:
        lines += ["| measure | aim | measured | met |", "|---|---|---|---|"]
        lines += [
            f"| {a['measure']} | {shown(a['aim'])} | {shown(a['measured'])} | {shown(a['met'])} |"
            for a in aims
        ]
        lines.append("")
    figures = flat(result.get("figures", {}))
    if len(figures) > MOST_FIGURES:
        lines += [f"{len(figures):,} figures stand in `bench/results/{name}.json`.", ""]
    elif figures:
        lines += ["| figure | value |", "|---|---|"]
        lines += [f"| {k} | {shown(v)} |" for k, v in figures]
        lines.append("")
    return "\n".join(lines)


def flat(figures: dict[str, Any], prefix: str = "") -> list[tuple[str, object]]:
    """Flatten nested figures to dotted names."""
    rows: list[tuple[str, object]] = []
    for key, value in figures.items():
        if isinstance(value, dict):
            rows += flat(value, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, value))
    return rows


def main() -> None:
    """Rewrite the generated part of the page."""
    results = sorted((ROOT / "bench" / "results").glob("*.json"))
    body = "\n".join(section(p.stem, json.loads(p.read_text("utf-8"))) for p in results)
    before, _, rest = PAGE.read_text("utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n\n{body}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
