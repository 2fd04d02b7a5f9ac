"""The example of docs/history.md reads files of a day."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from tests.datasets.history.test_history import made, write

from mimawari.datasets.history.reading import DayScores

PAGE = Path(__file__).parents[2] / "docs" / "history.md"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE.read_text("utf-8"), re.M | re.S)
    monkeypatch.chdir(write(tmp_path / "day", made(200)))
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    scores, highest = names["scores"], names["highest_hundredth"]
    assert isinstance(scores, DayScores)
    assert isinstance(highest, float)
    assert np.quantile(scores.scores, 0.9) < highest < 1
