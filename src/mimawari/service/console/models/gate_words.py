"""Stages, measures and what gates say, in the user's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from mimawari.evaluation.gates import GateReason, Stage

if TYPE_CHECKING:
    from mimawari.evaluation.gates import Finding


def stage_text(stage: str) -> str:
    """Name a stage."""
    names: dict[str, str] = {
        Stage.TRAINED: _("trained"),
        Stage.VALIDATED: _("validated"),
        Stage.BACKTESTED: _("back-tested"),
        Stage.SHADOW: _("shadow"),
        Stage.CANARY: _("canary"),
        Stage.EXPERIMENT: _("experiment won"),
        Stage.CHAMPION: _("champion"),
        Stage.RETIRED: _("retired"),
    }
    return names.get(stage, stage)


def measure_text(measure: str) -> str:
    """Name a measure; a later version may know more of them."""
    names: dict[str, str] = {
        "golden_scores": _("golden scores, off by"),
        "milliseconds": _("milliseconds a listing"),
        "megabytes": _("megabytes of memory"),
        "labels": _("labels it has not seen"),
        "auprc": _("AUPRC"),
        "auprc_gain": _("AUPRC above what is in force"),
        "worth_over_rules": _("violations more than the rules find, of 100 alerts"),
        "calibration_error": _("calibration error"),
        "worst_slice": _("recall in the worst part of the market, over all"),
        "false_alarm_ratio": _("false alarms in the worst part of the market, over all"),
        "recall_kept": _("recall kept under disguises"),
        "recall_moved": _("recall where the market moves, over today's"),
        "recall_after_tries": _("recall kept when sellers try ten disguises"),
        "alert_overlap": _("share of alerts that are the champion's too"),
        "edge_cases_caught": _("violations among the edge cases that it alerts"),
        "edge_cases_spared": _("harmless edge cases that it leaves alone"),
        "edge_cases_lost": _("edge cases that are right now and would be lost"),
        "shadow_listings": _("listings scored in shadow"),
        "shadow_missing": _("share of listings without a score in shadow"),
        "backtest": _("back-test"),
        "experiment": _("experiment"),
    }
    return names.get(measure, measure)


def finding_text(finding: Finding) -> str:
    """Say what a gate says."""
    about = {**dict(finding.about), "measure": measure_text(finding.gate)}
    reason = finding.reason
    if reason in (GateReason.WITHIN_LIMITS, GateReason.OUTSIDE):
        return _("%(measure)s: %(value)s (%(asked)s)") % {**about, "asked": _asked(about)}
    if reason == GateReason.OTHER_CHAMPION:
        rules = _("the rules alone")
        named = {**about, "was": about["was"] or rules, "now": about["now"] or rules}
        return _("%(measure)s: measured against %(was)s, and %(now)s is in force") % named
    before = stage_text(about.get("before", ""))
    return {
        GateReason.NOT_MEASURED: _("%(measure)s: not measured"),
        GateReason.TOO_OLD: _("%(measure)s: of %(at)s, more than %(days)s days old"),
        GateReason.REACHED: _("%(before)s"),
        GateReason.NOT_REACHED: _("not %(before)s yet"),
        GateReason.OVERRIDDEN: _("%(before)s: let pass by %(by)s"),
    }[reason] % {**about, "before": before}


def _asked(about: dict[str, str]) -> str:
    limits = [
        text % about[name]
        for name, text in (("at least", _("at least %s")), ("at most", _("at most %s")))
        if name in about
    ]
    end = {"low": _("by its lower end"), "high": _("by its upper end")}.get(about["of"], "")
    return ", ".join([*limits, *([end] if end else [])])
