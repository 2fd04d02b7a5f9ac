"""`mimawari plan`: the planner's table and sentence, as typed."""

from __future__ import annotations

import pytest

from mimawari.cli.main import main
from mimawari.evaluation.planner import Inputs, plan


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["mimawari", "plan", *words])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return int(ended.value.code or 0), " ".join((said.out + said.err).split())


def test_the_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--precision", "0.3", "--capacity", "200", "--differing-precision", "0.144")
    code, said = run(monkeypatch, capsys, *words)
    found = plan(Inputs(200, 60, 0.144, precision=0.3))
    assert code == 0
    assert found.statement in said
    for one in found.designs:
        assert f"{one.most_reviews:,.0f}" in said
    assert "back-test, the champion's labels reused" in said


def test_not_decidable(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = run(monkeypatch, capsys, "--precision", "0.3", "--overlap", "0.99")
    assert code == 0
    assert "Not decidable" in said
    weak = ("--precision", "0.02", "--capacity", "20", "--gain", "0.005", "--most-weeks", "2")
    assert "Not decidable within 2 weeks" in run(monkeypatch, capsys, *weak)[1]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--precision", "1.5"), "precision"),
        (("--precision", "nan"), "precision"),
        (("--precision", "0.3", "--overlap", "2"), "overlap"),
        (("--precision", "0.3", "--gain", "0"), "gain"),
        (("--precision", "0.3", "--capacity", "0"), "capacity"),
        (("--precision", "0.3", "--listings", "10"), "capacity"),
    ],
)
def test_wrong_values(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    field: str,
) -> None:
    code, said = run(monkeypatch, capsys, *words)
    assert code == 1
    assert f"error {field}:" in said
