"""What happened to a listing, in order: received, scored, alerted, decided, by whom and why."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.detectors.base import Explanation
from mimawari.listings.batch import ListingBatch
from mimawari.service.accounts.permissions import Permission
from mimawari.service.admission import second_stage_reading
from mimawari.service.admission.models import WAITING, Alert, Purpose
from mimawari.service.admission.second_stage_reading import ranks_of
from mimawari.service.catalogue.topic_files import topic_files
from mimawari.service.console.presentation import mark
from mimawari.service.console.second_stage_texts import second_stage_text
from mimawari.service.console.state_words import alert_text, end_text, score_text, state_text
from mimawari.service.console.texts import in_language, verdict_text
from mimawari.service.console.viewer import Viewer
from mimawari.service.history.reading import versions_of
from mimawari.service.intake.models import State
from mimawari.service.intake.scored import scored_listing
from mimawari.service.releases.suites import topic_suite
from mimawari.service.scoring.columns import scores_by_topic
from mimawari.service.scoring.explaining import stored_explanations
from mimawari.service.scoring.measured import unmeasured

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mimawari.detectors.topicfile import TopicFile
    from mimawari.listings.listing import Listing
    from mimawari.service.accounts.permissions import Authority
    from mimawari.service.console.presentation import MarkedListing
    from mimawari.service.intake.models import ListingVersion
    from mimawari.service.review.models import Decision, PassedOn
    from mimawari.service.scoring.models import PackedScores

    Files = Mapping[tuple[str, int], TopicFile]

MOST_VERSIONS = 50
_BESIDE = (
    "alerts__decisions__moderator",
    "alerts__decisions__note",
    "alerts__passed_on__moderator",
    "alerts__rescore__generation",
    "alerts__rescore__rescan",
    "alerts__judged_under",
    "imported_decisions__reviewer",
    second_stage_reading.BESIDE,
)


class Happening(msgspec.Struct, frozen=True):
    """One thing that happened to a version of a listing, in words.

    Parameters
    ----------
    who
        Who did it; empty where it was the service itself.
    why
        Clause, note or reason, a line each.
    """

    at: datetime
    kind: str
    topic_name: str
    details: str
    who: str = ""
    why: tuple[str, ...] = ()


class PolicyText(msgspec.Struct, frozen=True):
    """A policy as it was when somebody decided under it."""

    topic_name: str
    version: int
    text: str


class VersionEvents(msgspec.Struct, frozen=True):
    """A version of a listing: its text with marks, its events in order, the policies applied.

    ``seller`` is empty where it was erased, and for who may not see the seller's page. What is
    ``moved`` left the database: the files of its day hold it, and nobody decides on it.
    """

    number: int
    received_at: datetime
    marked: MarkedListing
    erased: bool
    events: list[Happening]
    policies: list[PolicyText]
    seller: str = ""
    moved: bool = False


def events(listing_id: str, authority: Authority, before: int | None = None) -> list[VersionEvents]:
    """Give a listing's newest versions, at most `MOST_VERSIONS`, each with its events in order.

    Parameters
    ----------
    authority
        Of who looks: other topics than theirs are left out. Where they may not see scores,
        topics that are judged blind keep them, and cases that wait for a moderator keep what
        others said of them.
    before
        Only of versions older than this one.
    """
    versions = versions_of(listing_id, before, MOST_VERSIONS, _BESIDE)
    files, viewer = _files(versions), Viewer.of(authority)
    explanations = stored_explanations([version.pk for version in versions])
    return [_version(version, files, viewer, explanations) for version in versions]


def _files(versions: Iterable[ListingVersion]) -> Files:
    """Give the topic files that were in force as versions were scored."""
    manifests = [
        version.score.generation.manifest for version in versions if hasattr(version, "score")
    ]
    again = (alert.rescore for version in versions for alert in version.alerts.all())
    manifests += [rescore.manifest for rescore in again if rescore is not None]
    named = {(topic, entry.topic_file) for m in manifests for topic, entry in m.topics.items()}
    # What was found by search is decided under a policy that may be newer than the scores.
    for version in versions:
        for alert in version.alerts.all():
            if alert.judged_under is not None:
                entry = alert.judged_under.manifest.topics[alert.topic]
                named.add((alert.topic, entry.topic_file))
            named |= {(alert.topic, row.policy_version) for row in alert.decisions.all()}
    return topic_files(named)


def _version(
    version: ListingVersion,
    files: Files,
    viewer: Viewer,
    explanations: Mapping[tuple[int, str], Explanation],
) -> VersionEvents:
    score = getattr(version, "score", None)
    alerts = _shown(version, viewer)
    happened = [Happening(version.received_at, _("received"), "", state_text(version))]
    if score is not None:
        happened += _scored(score, _("scored"), files, viewer)
    again = {a.rescore for a in alerts if a.rescore is not None}
    for rescore in again:
        happened += _scored(rescore, _("scored again"), files, viewer)
    happened += [*_ended(version), *_imported(version, viewer)]
    happened += _ranked_second(version, files, viewer)
    for alert in alerts:
        happened += _of_alert(alert, version, files, viewer)
    decided = [
        (alert.topic, decision.policy_version)
        for alert in alerts
        if not _kept_back(alert.topic, version, viewer)
        for decision in alert.decisions.all()
    ]
    listing = scored_listing(version.payload, score.picture_text if score is not None else "")
    spans = [
        span
        for topic, alert in {alert.topic: alert for alert in alerts}.items()
        for span in _explained(alert, version, listing, explanations.get((version.pk, topic))).spans
        if span.weight == 0 or viewer.sees_all
    ]
    return VersionEvents(
        number=version.version,
        received_at=version.received_at,
        marked=mark(listing, spans),
        erased=version.state == State.ERASED,
        seller=version.seller_id if Permission.ACTIONS in viewer.authority.permissions else "",
        events=sorted(happened, key=lambda event: event.at),
        policies=[_policy(files[named], named[1]) for named in dict.fromkeys(decided)],
        moved=version._state.adding,
    )


def _explained(
    alert: Alert, version: ListingVersion, listing: Listing, stored: Explanation | None
) -> Explanation:
    """Give the explanation that was stored; what the rules say where none was."""
    if version.state == State.ERASED or (stored is not None and alert.rescore is None):
        return stored or Explanation()
    suite = topic_suite(alert.generation, alert.topic)
    return suite.explain_rules(ListingBatch.of([listing]), 0, alert.topic)


def _policy(file: TopicFile, version: int) -> PolicyText:
    return PolicyText(in_language(file.title), version, in_language(file.policy))


def _shown(version: ListingVersion, viewer: Viewer) -> list[Alert]:
    """Give the alerts that somebody is shown."""
    return [
        alert
        for alert in version.alerts.all()
        if viewer.authority.concerns(alert.topic)
        # That the case was judged before would tell what it is.
        if alert.state in WAITING or not _kept_back(alert.topic, version, viewer)
    ]


def _kept_back(topic: str, version: ListingVersion, viewer: Viewer) -> bool:
    """Whether what was said of a case is kept from somebody, as it waits for a moderator."""
    waits = any(a.topic == topic and a.state in WAITING for a in version.alerts.all())
    return waits and not viewer.sees_all


def _scored(score: PackedScores, kind: str, files: Files, viewer: Viewer) -> Iterator[Happening]:
    manifest = score.manifest
    for topic, stored in scores_by_topic(score).items():
        if topic in viewer.hidden or not viewer.authority.concerns(topic):
            continue
        by = [stored.model] if stored.model else []
        shown = score_text(stored.score, unmeasured(stored, manifest))
        details = f"{shown} · {', '.join([*by, *stored.rules])}"
        generation = _("generation %s") % score.generation_id
        text = f"{details} · {generation} · v{stored.policy_version}"
        name = in_language(files[topic, stored.policy_version].title)
        yield Happening(score.scored_at, kind, name, text)


def _ended(version: ListingVersion) -> Iterator[Happening]:
    ending = getattr(version, "ending", None)
    if ending is not None:
        text = f"{end_text(ending.reason)} · {ending.ended_at:%Y-%m-%d %H:%M:%S}"
        yield Happening(ending.recorded_at, _("listing ended"), "", text)


def _imported(version: ListingVersion, viewer: Viewer) -> Iterator[Happening]:
    """Give what was decided elsewhere; to those who judge alone, reviewers are numbers."""
    for row in version.imported_decisions.all():
        if not viewer.authority.concerns(row.topic) or _kept_back(row.topic, version, viewer):
            continue
        number = _("imported reviewer %(number)s") % {"number": row.reviewer_id}
        who = row.reviewer.name if viewer.sees_all else number
        why = tuple(filter(None, (row.clause, row.note)))
        kind = _("decided elsewhere, imported")
        yield Happening(row.decided_at, kind, row.topic, verdict_text(row.verdict), who, why)


def _ranked_second(version: ListingVersion, files: Files, viewer: Viewer) -> Iterator[Happening]:
    """Give what a second stage said; it would sway those who judge alone."""
    for rank in ranks_of(version) if viewer.sees_all else ():
        if viewer.authority.concerns(rank.topic):
            topic_file = version.score.manifest.topics[rank.topic].topic_file
            name = in_language(files[rank.topic, topic_file].title)
            why = (rank.why,) if rank.why else ()
            text = second_stage_text(rank)
            yield Happening(rank.entered_at, _("second stage"), name, text, why=why)


def _of_alert(
    alert: Alert, version: ListingVersion, files: Files, viewer: Viewer
) -> Iterator[Happening]:
    score, topic = alert.scored, alert.topic
    name = in_language(files[topic, alert.generation.manifest.topics[topic].topic_file].title)
    if topic not in viewer.hidden and alert.purpose != Purpose.SEARCH:
        stored = scores_by_topic(score).get(topic)
        prior = stored is not None and unmeasured(stored, score.generation.manifest)
        text = f"{score_text(alert.score, prior)} · {alert_text(alert)}"
        yield Happening(alert.created_at, _("alerted"), name, text)
    if _kept_back(topic, version, viewer):
        return
    for decision in sorted(alert.decisions.all(), key=lambda row: row.pk):
        yield _decided(decision, name, files[topic, decision.policy_version], viewer)
    for passing in alert.passed_on.all():
        yield _passed_on(passing, name, viewer)


def _decided(decision: Decision, topic_name: str, file: TopicFile, viewer: Viewer) -> Happening:
    clauses = {clause.key: in_language(clause.text) for clause in file.clauses}
    clause = decision.clause and f"{decision.clause}: {clauses.get(decision.clause, '–')}"
    note = getattr(decision, "note", None)
    return Happening(
        decision.decided_at,
        _("decided from search") if decision.group_id else _("decided"),
        topic_name,
        f"{verdict_text(decision.verdict)} · v{decision.policy_version}",
        viewer.name(decision.moderator_id, decision.moderator.get_username()),
        tuple(filter(None, (clause, note and note.text))),
    )


def _passed_on(row: PassedOn, topic_name: str, viewer: Viewer) -> Happening:
    kind = {"skipped": _("skipped"), "escalated": _("escalated to a lead")}[row.passing]
    who = viewer.name(row.moderator_id, row.moderator.get_username())
    return Happening(row.at, kind, topic_name, "", who, (row.reason,))
