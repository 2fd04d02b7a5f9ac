"""What cron and systemd are told."""

from __future__ import annotations

import pytest

from mimawari.cli.flow import schedule
from mimawari.errors import InvalidInputError


def test_both_are_printed_with_what_they_do_not_see(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIMAWARI_CONFIG", "/etc/mimawari settings.toml")
    monkeypatch.setenv("MIMAWARI_DATABASE_URL", "sqlite:///x.db")
    schedule("retrain", ["weapons", "drugs"], 7)
    printed = capsys.readouterr()
    command = "mimawari flow run retrain --topic weapons --topic drugs --reason 'every 7 days'"
    cron, unit = (line for line in printed.out.splitlines() if command in line)
    assert cron.startswith("17 3 * * 1 env 'MIMAWARI_CONFIG=/etc/mimawari settings.toml' ")
    assert unit.startswith("ExecStart=")
    assert "OnUnitActiveSec=7d" in printed.out
    assert "MIMAWARI_DATABASE_URL" in printed.err
    assert "sqlite" not in printed.out + printed.err


def test_only_what_needs_no_model_is_scheduled() -> None:
    with pytest.raises(InvalidInputError, match="use train or retrain"):
        schedule("audit", ["weapons"], 7)
