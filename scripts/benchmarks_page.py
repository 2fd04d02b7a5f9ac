"""Rewrite the tables and pictures of docs/benchmarks.md from bench/results/*.json.

    python -m scripts.benchmarks_page

Everything between the two markers of the page is generated; the words around it are not. Of each
result the page has the aims; all its figures stand in its file.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.benchmark_questions import QUESTIONS, Question
from scripts.benchmarks_picture import draw

ROOT = Path(__file__).parents[1]
PAGE, IMAGES = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "images"
RESULTS = ROOT / "bench" / "results"
START, END = "<!-- results: start -->", "<!-- results: end -->"
MOST_MET = 5  # of one bench, in the table; what was missed is always there


def shown(value: object) -> str:
    """Format a figure for people.

    Examples
    --------
    >>> shown(4472.3), shown(0.91234), shown(12), shown(False)
    ('4,472', '0.912', '12', '**no**')
    """
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "**no**", None: "-"}[value]
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def rows_of(name: str, aims: Sequence[dict[str, Any]]) -> list[str]:
    """Lay out a bench: what missed its aim, then some of what met it."""
    missed, met = [a for a in aims if not a["met"]], [a for a in aims if a["met"]]
    link = f"[`{name}`](../bench/results/{name}.json)"
    rows = [
        f"| {link} | {a['measure']} | {shown(a['aim'])} | {shown(a['measured'])} "
        f"| {shown(a['met'])} |"
        for a in (*missed, *met[:MOST_MET])
    ]
    if len(met) > MOST_MET:
        rows.append(f"| {link} | and {len(met) - MOST_MET} more | | | yes |")
    if not aims:
        rows.append(f"| {link} | no aim was set: read its figures | | | |")
    return rows


def section(number: int, question: Question) -> str:
    """Lay out a question, and draw its picture."""
    results = {
        name: json.loads((RESULTS / f"{name}.json").read_text()) for name in question.benches
    }
    aims = [aim for result in results.values() for aim in result.get("aims", [])]
    lines = [f"## {question.title}", "", question.words, ""]
    if question.picture:
        file, words = question.picture
        lines += [f"![{words}]({file})", ""]
    lines += ["| bench | measure | aim | measured | met |", "|---|---|---|---|---|"]
    for name, result in results.items():
        lines += rows_of(name, result.get("aims", []))
    lines.append("")
    if len(aims) > 1:
        file = f"bench-{number:02}.svg"
        (IMAGES / file).write_text(draw(aims), "utf-8")
        met = sum(aim["met"] for aim in aims)
        title = f"{met} of {len(aims)} aims met; how many times better or worse than the aim"
        lines += [f"![{title}](images/{file})", "", f"*{title}.*", ""]
    return "\n".join(lines)


def machines() -> str:
    """Name what the results ran on, and with which versions."""
    ran_on = [json.loads(path.read_text())["ran_on"] for path in sorted(RESULTS.glob("*.json"))]
    seen = {f"{r['cpu']}, {r['cores']} cores, Python {r['python']}" for r in ran_on}
    return "Ran on: " + "; ".join(sorted(seen)) + ". Each file names its versions."


def main() -> None:
    """Rewrite the generated part of the page."""
    parts = [section(number, question) for number, question in enumerate(QUESTIONS, 1)]
    body = "\n".join((*parts, machines(), ""))
    before, _, rest = PAGE.read_text("utf-8").partition(START)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{START}\n\n{body}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
