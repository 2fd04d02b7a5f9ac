"""Every result of a bench answers a question of the page, and the page is that of the results."""

from __future__ import annotations

from pathlib import Path

from scripts.benchmark_questions import QUESTIONS
from scripts.benchmarks_page import PAGE, RESULTS, section

REPOSITORY = Path(__file__).parents[2]


def test_every_result_answers_one_question() -> None:
    asked = [name for question in QUESTIONS for name in question.benches]
    assert sorted(asked) == sorted(path.stem for path in RESULTS.glob("*.json"))


def test_the_page_is_that_of_the_results() -> None:
    page = PAGE.read_text("utf-8")
    for number, question in enumerate(QUESTIONS, 1):
        assert section(number, question) in page, "run python -m scripts.benchmarks_page"
