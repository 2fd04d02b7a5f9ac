"""Reads what follows a violation: actions by severity, and strikes against the seller."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mimawari.detectors.topicfile.problems import shown
from mimawari.detectors.topicfile.schema import ActionPolicy, Severity, StrikePolicy
from mimawari.records.action import ActionKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.detectors.topicfile.problems import Problems

SEVERITIES = tuple(severity.value for severity in Severity)
ACTION_KEYS = (*SEVERITIES, "automatic", "hide_until_reviewed", "refuse_at", "dry_run")
STRIKE_KEYS = (*SEVERITIES, "expires_days", "restrict_at", "automatic")
MOST_WEIGHT = 1_000
MOST_DAYS = 3_650


def parse_actions(table: Mapping[str, object], problems: Problems) -> ActionPolicy | None:
    """Read ``[actions]``; None where there is none."""
    raw = _table(table, "actions", ACTION_KEYS, problems)
    if raw is None:
        return None
    kinds = {
        severity: _kinds(raw[severity], f"actions.{severity}", problems)
        for severity in Severity
        if severity in raw
    }
    automatic = _automatic(raw.get("automatic", []), kinds, problems)
    hide = _score(raw, "hide_until_reviewed", problems)
    refuse = _score(raw, "refuse_at", problems)
    if hide is not None and refuse is not None and refuse < hide:
        problem = f"is {refuse}, under hide_until_reviewed = {hide}"
        problems.add("actions.refuse_at", problem, "what is refused is surer than what is hidden")
    dry_run = problems.switch(raw, "dry_run", "actions")
    return ActionPolicy(kinds, automatic, hide, dry_run, refuse)


def parse_strikes(table: Mapping[str, object], problems: Problems) -> StrikePolicy | None:
    """Read ``[strikes]``; None where there is none."""
    raw = _table(table, "strikes", STRIKE_KEYS, problems)
    if raw is None:
        return None
    weights = {
        severity: _whole(raw, severity, 0, MOST_WEIGHT, problems)
        for severity in Severity
        if severity in raw
    }
    if not weights:
        remedy = "give a weight to at least one severity, such as high = 3"
        problems.add("strikes", "weigh nothing", remedy)
    threshold = None
    if "restrict_at" in raw:
        threshold = _whole(raw, "restrict_at", 1, MOST_WEIGHT * 10, problems)
    return StrikePolicy(
        weights,
        _whole(raw, "expires_days", 1, MOST_DAYS, problems, default=180),
        threshold,
        problems.switch(raw, "automatic", "strikes"),
    )


def _table(
    table: Mapping[str, object], name: str, keys: tuple[str, ...], problems: Problems
) -> Mapping[str, object] | None:
    raw = table.get(name)
    if raw is None:
        return None
    if not isinstance(raw, dict):
        problems.add(name, f"is {shown(raw)}", f"write a table [{name}]")
        return None
    problems.known_keys(raw, keys, name)
    return raw


def _kinds(raw: object, where: str, problems: Problems) -> tuple[ActionKind, ...]:
    names = [raw] if isinstance(raw, str) else raw
    if not isinstance(names, list) or not names or not all(n in tuple(ActionKind) for n in names):
        remedy = f"use {', '.join(ActionKind)}, or a list of them"
        problems.add(where, f"is {shown(raw)}", remedy)
        return ()
    kinds = tuple(ActionKind(name) for name in names)
    if len({kind.target for kind in kinds}) < len(kinds):
        remedy = "name one for the listing, and restrict beside it"
        problems.add(where, "names two actions for one listing", remedy)
    return tuple(kind for kind in kinds if kind != ActionKind.NONE)


def _automatic(
    raw: object, kinds: Mapping[Severity, object], problems: Problems
) -> frozenset[Severity]:
    if not isinstance(raw, list) or not all(name in tuple(Severity) for name in raw):
        remedy = f"write a list of {', '.join(Severity)}"
        problems.add("actions.automatic", f"is {shown(raw)}", remedy)
        return frozenset()
    for name in raw:
        if name not in kinds:
            problem = f"names {name}, which has no action"
            problems.add("actions.automatic", problem, f'write {name} = "hide" or another one')
    return frozenset(Severity(name) for name in raw)


def _whole(  # what is read, its bounds, and what stands where it is left out
    raw: Mapping[str, object],
    key: str,
    least: int,
    most: int,
    problems: Problems,
    default: int = 0,
) -> int:
    value = raw.get(key, default)
    if type(value) is int and least <= value <= most:
        return value
    remedy = f"give a whole number from {least} to {most:,}"
    problems.add(f"strikes.{key}", f"is {shown(value)}", remedy)
    return least


def _score(raw: Mapping[str, object], key: str, problems: Problems) -> float | None:
    value = raw.get(key)
    if value is None:
        return None
    if not _is_share(value):
        problems.add(f"actions.{key}", f"is {shown(value)}", "give a score from 0 to 1")
        return None
    return float(str(value))


def _is_share(value: object) -> bool:
    number = type(value) is float or type(value) is int
    return number and math.isfinite(float(str(value))) and 0 <= float(str(value)) <= 1
