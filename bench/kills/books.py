"""The books after the kills: what was acknowledged against what the store holds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from bench.kills.load import Decided
from bench.kills.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.kills.load import Key, Load

PENDING, SCORED, SUPERSEDED = 0, 1, 3
WAITING, ADMITTED, REFUSED, DISPLACED, REPLACED = 0, 1, 2, 3, 4
MOST_NAMED = 5


class Books(msgspec.Struct, frozen=True):
    """What does not add up, by kind; each list names a few, each count all."""

    lost: list[str]
    doubled: list[str]
    waiting: list[str]
    over_capacity: list[str]

    @property
    def balance(self) -> bool:
        """Whether all adds up."""
        return not (self.lost or self.doubled or self.waiting or self.over_capacity)


def audit(load: Load, rows: Rows, capacities: dict[str, int]) -> Books:
    """Compare what clients were told with the store; everything must have been worked off."""
    lost, doubled, waiting = _listings(load, rows)
    for part in (_candidates(rows), _decisions(load.decided, rows), _volumes(rows)):
        lost, doubled, waiting = lost + part[0], doubled + part[1], waiting + part[2]
    return Books(lost, doubled, waiting, over_capacity(rows, capacities))


Found = tuple[list[str], list[str], list[str]]


def _listings(load: Load, rows: Rows) -> Found:
    """Every acknowledged version is there once; the newest of each listing is scored once."""
    query = """
        SELECT v.listing_id, v.version, v.state, count(s.listing_version_id)
        FROM intake_listingversion v LEFT JOIN scoring_score s ON s.listing_version_id = v.id
        GROUP BY v.id, v.listing_id, v.version, v.state
    """
    states: dict[Key, tuple[int, int]] = {}
    doubled = []
    for listing, version, state, scores in rows(query):
        key = (str(listing), int(str(version)))
        if key in states or int(str(scores)) > 1:
            doubled.append(f"version {key}")
        states[key] = (int(str(state)), int(str(scores)))
    newest: dict[str, int] = {}
    for listing_id, number in states:
        newest[listing_id] = max(number, newest.get(listing_id, 0))
    lost = [f"version {key}" for key in sorted(load.acknowledged - states.keys())]
    waiting = []
    for key, (state_, count) in states.items():
        is_newest = key[1] == newest[key[0]]
        if state_ == PENDING:
            waiting.append(f"version {key}")
        elif is_newest and (state_ != SCORED or count != 1):
            lost.append(f"score of {key}, state {state_}")
        elif not is_newest and state_ != SUPERSEDED:
            doubled.append(f"{key} stands beside a newer version")
    strange = sorted(states.keys() - load.sent)
    return lost, doubled + [f"nobody sent {key}" for key in strange], waiting


def _candidates(rows: Rows) -> Found:
    """Each candidate was dealt with once: with an alert where admitted, without where refused."""
    query = """
        SELECT c.listing_version_id, c.topic, c.state, count(a.id)
        FROM scoring_candidate c LEFT JOIN admission_alert a
            ON a.listing_version_id = c.listing_version_id AND a.topic = c.topic
        GROUP BY c.id, c.listing_version_id, c.topic, c.state
    """
    lost, doubled, waiting, seen = [], [], [], Counter[tuple[object, object]]()
    for version, topic, state, alerts in rows(query):
        seen[version, topic] += 1
        name = f"candidate {version} of {topic}"
        if state == WAITING:
            waiting.append(name)
        expected = state in (ADMITTED, DISPLACED)
        if int(str(alerts)) < expected:
            lost.append(f"alert of {name}")
        if int(str(alerts)) > expected:
            doubled.append(f"alert of {name}")
    doubled += [f"candidate {key}" for key, count in seen.items() if count > 1]
    # This topic's list has room for all: each hit that was scored has its candidate.
    query = """
        SELECT s.listing_version_id FROM scoring_score s
        WHERE CAST(s.rule_hits AS text) LIKE '%drugs/word%' AND NOT EXISTS (
            SELECT 1 FROM scoring_candidate c
            WHERE c.listing_version_id = s.listing_version_id AND c.topic = 'drugs')
    """
    lost += [f"candidate of {number}" for (number,) in rows(query)]
    return lost, doubled, waiting


def _decisions(decided: Iterable[Decided], rows: Rows) -> Found:
    """Each acknowledged decision is there once, with one event; none stands beside another."""
    query = """
        SELECT d.id, d.alert_id, u.username, d.verdict, count(e.id)
        FROM review_decision d JOIN auth_user u ON u.id = d.moderator_id
        LEFT JOIN audit_event e ON e.kind = 'decision' AND e.subject = CAST(d.id AS text)
        GROUP BY d.id, d.alert_id, u.username, d.verdict
    """
    lost, doubled, stored = [], [], Counter[Decided]()
    alerts = Counter[int]()
    for number, alert, name, verdict, events in rows(query):
        stored[Decided(int(str(alert)), str(name), str(verdict))] += 1
        alerts[int(str(alert))] += 1
        if events != 1:
            (lost if not events else doubled).append(f"event of decision {number}")
    lost += [f"decision {one}" for one in decided if not stored[one]]
    doubled += [f"decision on alert {alert}" for alert, count in alerts.items() if count > 1]
    open_ones = rows("""
        SELECT a.id FROM admission_alert a JOIN review_decision d ON d.alert_id = a.id
        WHERE a.state <> 'decided'
    """)
    waiting = [f"alert {number}, decided" for (number,) in open_ones]
    orphans = rows("""
        SELECT a.id FROM admission_alert a WHERE a.state = 'decided'
        AND NOT EXISTS (SELECT 1 FROM review_decision d WHERE d.alert_id = a.id)
    """)
    return lost + [f"decision of alert {number}" for (number,) in orphans], doubled, waiting


def _volumes(rows: Rows) -> Found:
    """What scorers counted, in the transactions of their scores, is as many as there are."""
    ((scores,),) = rows("SELECT count(*) FROM scoring_score")
    ((counted,),) = rows("SELECT sum(listings) FROM scoring_dayvolume")
    scored, total = int(str(scores)), int(str(counted or 0))
    lost = [f"{total - scored} counted scores"] if total > scored else []
    doubled = [f"{scored - total} scores nobody counted"] if scored > total else []
    return lost, doubled, []


def over_capacity(rows: Rows, capacities: dict[str, int]) -> list[str]:
    """Name the lists with more alerts than places, those that are decided included."""
    query = """
        SELECT topic, day, count(*) FROM admission_alert
        WHERE purpose = 'top_k' AND state IN ('open', 'decided') GROUP BY topic, day
    """
    return [
        f"{count} alerts of {topic} on {day}"
        for topic, day, count in rows(query)
        if int(str(count)) > capacities[str(topic)]
    ]
