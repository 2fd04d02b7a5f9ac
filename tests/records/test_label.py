"""Labels as of a time: rewinding a history equals replaying only what had happened by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mimawari.records.label import Judgement, Label, Purpose, Terms, Verdict, label_of, standing
from mimawari.service.admission.models import Purpose as StoredPurpose
from mimawari.service.review.models import Verdict as StoredVerdict

START = datetime(2026, 3, 1, tzinfo=UTC)
CLEAR = (Verdict.VIOLATES, Verdict.DOES_NOT_VIOLATE)
SAID = (*CLEAR, Verdict.CANNOT_TELL)


def minutes(n: int) -> datetime:
    return START + timedelta(minutes=n)


@st.composite
def histories(draw: st.DrawFn) -> list[Judgement]:
    """Draw what two or three alerts of one case went through: decisions, undo, replacement."""
    found: list[Judgement] = []
    purposes = draw(st.lists(st.sampled_from(Purpose), min_size=1, max_size=3))
    now = 0
    for number in range(1, draw(st.integers(0, 9)) + 1):
        now += draw(st.integers(0, 3))
        alert = draw(st.integers(0, len(purposes) - 1))
        gone = {one.replaces for one in found}
        open_to_undo = [
            one
            for one in found
            if one.alert == alert and one.number not in gone and one.verdict != Verdict.UNDONE
        ]
        last = open_to_undo[-1] if open_to_undo else None
        replaces = last.number if last is not None and draw(st.booleans()) else None
        kinds = SAID if replaces is None else (*SAID, Verdict.UNDONE)
        found.append(
            Judgement(
                number=number,
                alert=alert,
                version=5,
                topic="weapons",
                moderator=draw(st.integers(1, 3)),
                verdict=draw(st.sampled_from(kinds)),
                at=minutes(now),
                purpose=purposes[alert],
                probability=0.25 if purposes[alert] == Purpose.EXPLORATION else None,
                replaces=replaces,
            )
        )
    return found


TERMS = st.builds(Terms, st.booleans(), st.integers(0, 4).map(lambda n: timedelta(minutes=n)))


def replayed(
    events: Sequence[Judgement], now: datetime, terms: Terms
) -> tuple[int | None, float, list[int], bool, list[Judgement]]:
    """Live through events one by one, then say what is known.

    Value, probability, what stands, whether only a search or a campaign had brought it, and what
    counts.
    """
    stands: dict[int, Judgement] = {}
    for event in events:
        if event.replaces is not None:
            stands.pop(event.replaces, None)
        if event.verdict != "undone":
            stands[event.number] = event
    yes = no = 0
    sure: set[int] = set()
    listed = explored = searched = False
    counted = []
    for one in stands.values():
        too_young = now - one.at < terms.maturity
        if one.purpose == "golden" or one.verdict == "cannot_tell" or too_young:
            continue
        counted.append(one)
        listed = listed or one.purpose in ("top_k", "trial", "rescan")
        explored = explored or one.purpose == "exploration"
        searched = searched or one.purpose in ("search", "campaign")
        if one.verdict == "violates":
            yes += 1
            sure.add(one.moderator)
        else:
            no += 1
    value = None if yes == no else int(yes > no)
    if value == 1 and terms.confirm and len(sure) < 2:
        value = None
    probability = 0.25 if explored and not listed else 1.0
    only_searched = searched and not (listed or explored)
    return value, probability, sorted(stands), only_searched, counted


@given(histories(), TERMS)
def test_rewinding_equals_replaying_what_had_happened(
    history: list[Judgement], terms: Terms
) -> None:
    for n in range(-1, 30):
        now = minutes(n)
        past = [one for one in history if one.at <= now]
        value, probability, numbers, searched, counted = replayed(past, now, terms)
        assert [one.number for one in standing(history, now)] == numbers
        expected = None
        if value is not None:
            expected = Label(
                version=5,
                topic="weapons",
                value=value,
                probability=probability,
                as_of=now,
                decided_at=max(one.at for one in counted),
                searched=searched,
                reviewers=len({one.moderator for one in counted}),
            )
        assert label_of(history, now, terms) == expected
        assert label_of(past, now, terms) == expected


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_says_nothing(history: list[Judgement], random: object) -> None:
    mixed = list(history)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert label_of(mixed) == label_of(history)


@given(histories())
def test_without_a_time_all_that_is_recorded_counts(history: list[Judgement]) -> None:
    value, _, numbers, *_ = replayed(history, minutes(1_000), Terms())
    label = label_of(history)
    assert (label.value if label else None) == value
    assert [one.number for one in standing(history)] == numbers


def said(number: int, verdict: Verdict, n: int, **more: object) -> Judgement:
    values: dict[str, object] = {"alert": 1, "version": 5, "topic": "weapons", "moderator": number}
    return Judgement(number=number, verdict=verdict, at=minutes(n), **(values | more))  # type: ignore[arg-type]


def test_a_decision_undone_later_was_known_then() -> None:
    history = [said(1, Verdict.VIOLATES, 1), said(2, Verdict.UNDONE, 3, replaces=1)]
    values = [label_of(history, minutes(n)) for n in range(5)]
    assert [label.value if label else None for label in values] == [None, 1, 1, None, None]


def test_a_second_moderator_confirms_and_a_third_breaks_a_tie() -> None:
    history = [said(1, Verdict.VIOLATES, 1), said(2, Verdict.DOES_NOT_VIOLATE, 2)]
    history.append(said(3, Verdict.VIOLATES, 3))
    asked = Terms(confirm=True)
    values = [label_of(history, minutes(n), asked) for n in range(1, 4)]
    assert [label.value if label else None for label in values] == [None, None, 1]


def test_the_stored_words_are_those_of_the_records() -> None:
    assert set(StoredVerdict.values) == set(Verdict)
    assert set(StoredPurpose.values) == set(Purpose)
