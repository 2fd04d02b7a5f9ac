"""What a flow is asked for and what it gives, as it is written in the run's folder."""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from mimawari.flows.backtest_records import Backtest
from mimawari.flows.measured import Measured
from mimawari.flows.monitor_records import Monitored
from mimawari.flows.selection_records import Selection, SelectSettings


class TrainSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How each topic's model is trained, as the options of `mimawari train` say it.

    Parameters
    ----------
    algorithm
        A kind of model, or auto.
    least
        Fewest positives to train from.
    folds
        Seller-grouped folds of the audit.
    augment
        Whether text scores learn disguised copies; None: where they pay.
    capacity
        K of the audit; by default the topic's capacity a day times the days of its listings.
    """

    algorithm: str = "gbdt"
    least: int = 20
    folds: int = 5
    augment: bool | None = None
    hidden: float = 0.1
    capacity: int | None = None


class HistoryDay(msgspec.Struct, frozen=True, kw_only=True):
    """A closed day of the history: how many versions it has, and the sha256 of its files."""

    day: date
    versions: int
    scores: str
    sent: str
    totals: str


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What was in force when a run was asked for, by topic; of rules the measured precisions."""

    champions: dict[str, str] = {}
    capacities: dict[str, int] = {}
    precisions: dict[str, float] = {}


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is to do; it never changes, so a run that is resumed does the same.

    Parameters
    ----------
    run
        Name of the run; lineages of its models say it.
    data_set, folder
        Version of a data set, and the folder that holds it; empty where it reads history.
    topics
        One or more, of the data set where there is one.
    by, at
        Who asked for it and when.
    models
        Versions that are to be audited or back-tested, by topic.
    days, served
        Of what reads history: the closed days, and what was in force.
    selection
        How many versions are chosen to be labelled, and how.
    shards
        Tasks that share the topics, or the days.
    sentences
        Folder of a sentence encoder, where one is to be used.
    """

    run: str
    data_set: str = ""
    folder: str = ""
    topics: tuple[str, ...]
    by: str
    at: datetime
    models: dict[str, str] = {}
    days: tuple[HistoryDay, ...] = ()
    served: Served = Served()
    selection: SelectSettings = SelectSettings()
    settings: TrainSettings = TrainSettings()
    shards: int = 1
    sentences: str | None = None


class TrainedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model that was trained.

    Parameters
    ----------
    model
        Its version.
    manifest
        sha256 of its manifest, which holds that of every file.
    rows, positives
        What it learnt from.
    scores
        sha256 of its scores of all these rows, in the data set's order; empty where it was trained
        elsewhere.
    remarks
        What the training decided by itself.
    """

    topic: str
    model: str
    manifest: str
    rows: int
    positives: int
    scores: str = ""
    remarks: tuple[str, ...] = ()


class Later(msgspec.Struct, frozen=True, kw_only=True):
    """How good a model of the earlier listings is for those listed later, of other sellers.

    Parameters
    ----------
    since
        The later ones were listed from then on.
    rows, positives
        Of the later ones.
    auprc, precision
        Over them, and of their first ``k``.
    """

    since: datetime
    rows: int
    positives: int
    k: int
    auprc: float
    precision: float


class AuditedKind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of detector in the folds: average precision, precision and recall of the first K."""

    name: str
    average: Measured
    precision: Measured
    recall: Measured
    auprc: Measured


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What a model of this kind and these labels is worth for sellers it has not seen.

    Parameters
    ----------
    kinds
        The model's kind, and the rules in the same folds where the topic has some.
    k
        Alerts over all the listings.
    folds, sellers
        Sellers are in one fold each.
    why
        What the comparison says, in a sentence.
    later
        None where it cannot be measured; ``no_later`` says why.
    """

    topic: str
    model: str
    kinds: tuple[AuditedKind, ...]
    k: int
    folds: int
    sellers: int
    why: str
    later: Later | None = None
    no_later: str = ""


class TopicResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a topic; ``problem`` says why something is missing."""

    topic: str
    trained: TrainedModel | None = None
    audit: Audit | None = None
    backtest: Backtest | None = None
    selection: Selection | None = None
    problem: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a run gives."""

    run: str
    data_set: str = ""
    topics: tuple[TopicResult, ...] = ()
    monitored: Monitored | None = None

    @property
    def models(self) -> dict[str, str]:
        """The versions that were trained, by topic."""
        return {of.topic: of.trained.model for of in self.topics if of.trained is not None}

    @property
    def problems(self) -> dict[str, str]:
        """Why topics miss something, by topic."""
        return {of.topic: of.problem for of in self.topics if of.problem}
