"""The report counts what a plain loop counts, and shows texts escaped."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from mimawari.evaluation.report.page import as_page
from mimawari.evaluation.report.run import RunReport, TopicResult, TopicScores, summarise
from mimawari.evaluation.report.terminal import as_table

rows = st.lists(
    st.tuples(
        st.sampled_from([math.nan, 0.1, 0.2, 0.5, 0.9]),
        st.sampled_from([math.nan, 0.05, 0.5]),
        st.sampled_from([-1, 0, 1]),
    ),
    max_size=30,
)


def scores(rows: list[tuple[float, float, int]], capacity: int) -> TopicScores:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return TopicScores(
        "weapons",
        capacity,
        np.array(columns[0], np.float32),
        np.array(columns[1], np.float32),
        np.array(columns[2], np.int8),
    )


@given(rows=rows, capacity=st.integers(1, 8))
def test_counts_equal_a_plain_loop_when_scores_differ(
    rows: list[tuple[float, float, int]], capacity: int
) -> None:
    distinct = [(s + i * 1e-4, r + i * 1e-4, y) for i, (s, r, y) in enumerate(rows)]
    keys = [f"L{i}" for i in range(len(rows))]
    result = summarise(scores(distinct, capacity), keys)
    for column, alerts, caught in (
        (0, result.alerts, result.caught),
        (1, result.rule_alerts, result.rule_caught),
    ):
        scored = [row for row in distinct if not math.isnan(row[column])]
        top = sorted(scored, key=lambda row: -row[column])[:capacity]
        assert alerts == sum(row[2] != -1 for row in top)
        assert caught == sum(row[2] == 1 for row in top)
    assert result.violations == sum(y == 1 for _, _, y in rows)
    ranked = sorted((r for r in distinct if not math.isnan(r[0])), key=lambda row: -row[0])
    known = [r[2] for r in ranked[:capacity] if r[2] != -1]
    enough = [n for n in range(1, len(known) + 1) if known[:n].count(1) >= result.rule_caught]
    assert result.reviews_to_match == (enough[0] if enough else None)


def report(title: str = "Run", leak: float | None = 0.984) -> RunReport:
    topics = (
        TopicResult("weapons", 9, 10, 10, 6, 4, 2, (1.0, 0.5), modelled=True, reviews_to_match=2),
        TopicResult("tickets", 3, 10, 5, 1, 5, 1, (), modelled=False),
    )
    return RunReport(title, 1000, 12.0, topics, leak)


def test_totals_add_up() -> None:
    total = report().total
    assert (total.violations, total.alerts, total.caught, total.rule_caught) == (12, 15, 7, 3)
    assert report().minutes_saved() == pytest.approx((4 - 2) * 20 / 60)


def test_terminal_table_fits_80_columns_and_names_the_leak() -> None:
    console = Console(width=80, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(as_table(report()))
    text = captured.get()
    assert "…" not in text
    assert "0.984" in text
    assert re.search(r"weapons\s+9\s+10/10\s+60 %\s+6\s+2\s+3\.0x", text)


def test_page_escapes_and_shows_both_plots() -> None:
    page = as_page(report("<script>alert(1)</script>"))
    assert "<script>" not in page
    assert page.count("<svg") == 2
    assert "style=" not in page, "a strict page would leave it out"
    assert "0.984" in page
    assert "Leak gauge" not in as_page(report(leak=None))
