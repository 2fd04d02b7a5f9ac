"""The detector in docs/write-a-detector.md says what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "write-a-detector.md").read_text("utf-8")


def test_the_detector_scores_as_the_page_shows(capsys: pytest.CaptureFixture[str]) -> None:
    program, shown = re.findall(r"^```python\n(.*?)^```\n\n```\n(.*?)^```", PAGE, re.M | re.S)[0]
    exec(program, {})
    assert capsys.readouterr().out == shown
