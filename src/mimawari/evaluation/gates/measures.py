"""What gates may ask for: every measure with its unit and what to do where it falls short."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that a gate may limit.

    Parameters
    ----------
    about
        What it says, as the end of a sentence that begins with its name.
    remedy
        What to do where a model falls short, and where it was not measured.
    """

    about: str
    remedy: str


_VALIDATE = "'mimawari models validate' measures it"
_TRIED = (
    "mimawari models validate names the edge cases that are lost; label more that is like them, "
    "and train again"
)
_UNSEEN = f"{_VALIDATE} where there are labels that the model has not learnt from"

MEASURES: dict[str, Measure] = {
    "golden_scores": Measure(
        "how far the greatest score is off where a fresh process scores what the trainer scored, "
        "beyond what another processor explains",
        "train it again with the libraries that score; mimawari models validate names them",
    ),
    "milliseconds": Measure(
        "time of a core for one listing, in a fresh process", "train a smaller kind of model"
    ),
    "megabytes": Measure(
        "what a fresh process grows by when it loads the model", "train a smaller kind of model"
    ),
    "labels": Measure(
        "violations and others that the model has not learnt from and was judged by", _UNSEEN
    ),
    "auprc": Measure("area under precision and recall on labels it has not seen", _UNSEEN),
    "auprc_gain": Measure("AUPRC above the champion's on the same unseen labels", _UNSEEN),
    "worth_over_rules": Measure(
        "violations among the K best with the model, less those with the rules alone, a hundred "
        "alerts",
        f"{_UNSEEN}; a model that finds no more than the rules is not worth its cost",
    ),
    "calibration_error": Measure(
        "expected calibration error of its probabilities on unseen labels",
        f"{_UNSEEN}; more labels, or training anew, where they have drifted",
    ),
    "worst_slice": Measure(
        "the smallest ratio of recall in one part of the market to recall in all of it, where the "
        "part is surely worse",
        f"{_UNSEEN}; label more of the part that the report names",
    ),
    "false_alarm_ratio": Measure(
        "the greatest ratio of ordinary listings flagged in one part of the market to those "
        "flagged in all of it, where the part is surely flagged more",
        f"{_UNSEEN}; the report names whom it strikes: label ordinary listings of theirs",
    ),
    "recall_kept": Measure(
        "the least share of recall that is kept when violations are disguised", _UNSEEN
    ),
    "recall_moved": Measure(
        "the smallest ratio of recall, where a part of the market gains ten points, to recall in "
        "today's, where it surely is lower",
        f"{_UNSEEN}; label more of the part that the report names",
    ),
    "recall_after_tries": Measure(
        "share of recall that is kept when every seller tries ten disguises and offers the one "
        "that scores least",
        f"{_UNSEEN}; train with disguised copies",
    ),
    "alert_overlap": Measure(
        "share of the K best of the last days that are the champion's too",
        "'mimawari models validate' replays the last days",
    ),
    "edge_cases_caught": Measure(
        "share of the violations in the topic's bank of edge cases that it alerts at the topic's "
        "capacity",
        _TRIED,
    ),
    "edge_cases_spared": Measure(
        "share of the edge cases that do not violate and that it leaves alone", _TRIED
    ),
    "edge_cases_lost": Measure(
        "edge cases that are right for what is in force and wrong for the model; its low end is "
        "how many more it surely loses than it wins",
        _TRIED,
    ),
    "shadow_listings": Measure(
        "listings that it scored beside the champion", "leave it in shadow for longer"
    ),
    "shadow_missing": Measure(
        "share of listings in shadow that it gave no score for", "see 'mimawari check'"
    ),
    "backtest": Measure(
        "1 where a back-test ended with promote, 0 where it could not tell, -1 with reject",
        "mimawari backtest start",
    ),
    "experiment": Measure(
        "1 where an experiment ended with promote, 0 where it could not tell, -1 with reject",
        "mimawari experiment start",
    ),
}
