"""A validation as Markdown, and its figures as the cells of a table."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from mimawari.evaluation.gates import MEASURES
from mimawari.figures import three_figures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mimawari.evaluation.gates import Finding
    from mimawari.records.measured import Figure, Measured


def figure_cells(figure: Figure) -> tuple[str, str, str, str, str]:
    """Give a figure's name, value, interval, number of listings and sentence.

    Examples
    --------
    >>> from mimawari.records.measured import Figure
    >>> figure_cells(Figure(measure="auprc", value=0.71234, low=0.6, high=0.8, over=1200))
    ('auprc', '0.712', '0.6 to 0.8', '1,200', '')
    """
    interval = ""
    if figure.low is not None and figure.high is not None:
        interval = f"{three_figures(figure.low)} to {three_figures(figure.high)}"
    against = "" if figure.against is None else f"against {figure.against or 'the rules alone'}"
    about = "; ".join(part for part in (figure.statement, against) if part)
    over = "" if figure.over is None else f"{figure.over:,}"
    return figure.measure, three_figures(figure.value), interval, over, about


def absent_of(measured: Measured) -> list[str]:
    """Say what was not measured, those with one reason together."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for measure, reason in measured.absent.items():
        by_reason[reason].append(measure)
    return [f"Not measured: {', '.join(names)}: {reason}" for reason, names in by_reason.items()]


def as_markdown(version: str, measured: Measured, findings: Sequence[Finding]) -> str:
    """Write a validation as a document."""
    passed = all(finding.passed for finding in findings)
    lines = [f"# {version} is {'validated' if passed else 'not validated'}", ""]
    lines += [f"* {name}: {value}" for name, value in measured.facts.items()]
    lines += ["", "## Gates", ""]
    lines += [_line(finding) for finding in findings]
    lines += ["", "## Figures", ""]
    cells = [figure_cells(figure) for figure in measured.figures]
    lines += table_rows(("measure", "value", "95 % interval", "of", ""), cells)
    lines += ["", *absent_of(measured), ""]
    for table in measured.tables:
        lines += [f"## {table.title}", "", *table_rows(table.columns, table.rows), ""]
    lines += ["## What the measures say", ""]
    lines += [f"* `{f.measure}`: {MEASURES[f.measure].about}" for f in measured.figures]
    return "\n".join(lines) + "\n"


def _line(finding: Finding) -> str:
    mark = "x" if finding.passed else " "
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    return f"* [{mark}] {finding.stage}: {plain_text(finding.statement)}{plain_text(remedy)}"


def table_rows(columns: Iterable[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; cells may hold what sellers wrote."""
    names = list(columns)
    yield "| " + " | ".join(names) + " |"
    yield "|" + "---|" * len(names)
    for row in rows:
        yield "| " + " | ".join(plain_text(cell) for cell in row) + " |"


def plain_text(text: str) -> str:
    """Keep what sellers wrote from being read as Markdown or HTML."""
    for mark in "&\\`*_[]<>|":  # the first one first: others are written with it
        text = text.replace(mark, f"\\{mark}" if mark not in "<&" else f"&#{ord(mark)};")
    return " ".join(text.split())
