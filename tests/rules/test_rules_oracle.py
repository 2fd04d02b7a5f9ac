"""Rules against a plain reading of their conditions, on generated files and listings."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from mimawari.detectors.rules import RuleSet
from mimawari.detectors.rules.facts import Facts
from mimawari.detectors.rules.matching import field_bounds
from mimawari.detectors.rules.prefilter import SURE
from mimawari.detectors.topicfile import Rule, Severity, TopicFile
from mimawari.detectors.topicfile.conditions import (
    All,
    AnyOf,
    Choice,
    Condition,
    Not,
    Number,
    Reference,
    Text,
)
from mimawari.listings.batch import ListingBatch
from mimawari.listings.listing import Listing
from mimawari.listings.normalise import canonical

WORDS = ("gun", "glue gun", "toy", "gun toy", "拳銃", "銃", "air", "airgun", "a")
PATTERNS = ("gun", "g.n", "銃+", "(air|toy)", "a$")
fields = st.sampled_from(("any", "title", "description", "picture"))
texts = st.builds(
    Text,
    st.sampled_from(("words", "phrases")),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True).map(tuple),
    fields,
) | st.builds(Text, st.just("regex"), st.sampled_from(PATTERNS).map(lambda p: (p,)), fields)
facts = st.sampled_from(
    (
        Number("image_count", below=2.0),
        Number("price", above=10.0, below=99.0, currency="JPY"),
        Choice("brand", ("Glock", "Nerf")),
        Choice("attribute", ("Red",), "colour"),
        Choice("category", ("Sport",)),
    )
)


def conditions(earlier: tuple[str, ...]) -> st.SearchStrategy[Condition]:
    """Draw conditions that may name earlier rules."""
    leaves = texts | texts | facts
    if earlier:
        leaves |= st.sampled_from(earlier).map(Reference)
    return st.recursive(
        leaves,
        lambda inner: (
            inner.map(Not)
            | st.lists(inner, min_size=1, max_size=3).map(lambda p: All(tuple(p)))
            | st.lists(inner, min_size=1, max_size=3).map(lambda p: AnyOf(tuple(p)))
        ),
        max_leaves=6,
    )


@st.composite
def topic_files(draw: st.DrawFn) -> TopicFile:
    rules: list[Rule] = []
    for i in range(draw(st.integers(1, 4))):
        when = draw(conditions(tuple(r.id for r in rules)))
        exclude = tuple(draw(st.lists(st.sampled_from(WORDS), max_size=2)))
        rules.append(Rule(f"r{i}", Severity.LOW, when, exclude))
    said = {"en": "x"}
    return TopicFile("sample", Severity.LOW, 5, said, said, tuple(rules))


pieces = st.sampled_from((*WORDS, "G-u-n", "ＧＵＮ", "teapot", ",", "ガン"))
sentences = st.lists(pieces, max_size=5).map(" ".join)
listings = st.builds(
    Listing,
    id=st.just("1"),
    version=st.just(1),
    seller_id=st.just("s"),
    title=sentences,
    description=sentences,
    price_minor=st.sampled_from((None, 5, 50)),
    currency=st.just("JPY"),
    brand=st.sampled_from((None, "GLOCK", "other")),
    category=st.sampled_from(((), ("Home", "Sports"), ("Toys",))),
    image_urls=st.sampled_from(((), ("https://example.org/1",) * 3)),
    attributes=st.sampled_from(({}, {"colour": "RED"})),
    picture_text=sentences,
)


def places(pattern: str, regex: bool, text: str) -> list[tuple[int, int]]:
    """Give where a pattern occurs, every start with every end."""
    if regex:
        found = re.compile(pattern, re.ASCII)
        ends = range(len(text) + 1)
        # A `$` looks at the end of the whole text, as it does in the engine.
        return [
            (s, e)
            for s in ends
            for e in ends
            if s < e
            and found.fullmatch(text, s, e)
            and (not pattern.endswith("$") or e == len(text))
        ]
    word = canonical(pattern)
    return [
        (s, s + len(word))
        for s in range(len(text))
        if text.startswith(word, s)
        and not (word[0].isascii() and s > 0 and re.match(r"\w", text[s - 1], re.ASCII))
        and not (word[-1].isascii() and re.match(r"\w", text[s + len(word) :], re.ASCII))
    ]


def holds(
    rule: Rule, condition: Condition, rules: dict[str, Rule], batch: ListingBatch, row: int
) -> bool:
    """Evaluate a condition directly, by its definition."""
    match condition:
        case Text(kind, patterns, field):
            text = batch.texts.text(row)
            utf8 = text.encode()
            first, last = (len(utf8[:b].decode()) for b in field_bounds(batch, row)[field])
            excluded = [span for w in rule.exclude for span in places(w, False, text)]
            return any(
                not any(a <= s and e <= b for a, b in excluded) and first <= s and e <= last
                for p in patterns
                for s, e in places(p, kind == "regex", text)
            )
        case Number(kind, below, above, currency):
            asked = (currency,) if currency else ()
            value = getattr(Facts(batch.listings[row], None), kind)(*asked)
            return (below is None or value < below) and (above is None or value > above)
        case Choice(kind, values, attribute):
            folded = frozenset(map(canonical, values))
            return Facts(batch.listings[row], None).has_value(kind, attribute, folded)
        case Reference(name):
            return holds(rule, rules[name].when, rules, batch, row)
        case Not(part):
            return not holds(rule, part, rules, batch, row)
        case All(parts):
            return all(holds(rule, p, rules, batch, row) for p in parts)
        case AnyOf(parts):
            return any(holds(rule, p, rules, batch, row) for p in parts)


@settings(max_examples=120)
@given(topic_files(), st.lists(listings, min_size=1, max_size=4))
def test_rules_hold_exactly_where_their_conditions_do(
    topic: TopicFile, found: list[Listing]
) -> None:
    rules = RuleSet.compile([topic], run_examples=False)
    batch = ListingBatch.of(found)
    by_id = {r.id: r for r in topic.rules}
    hits = rules.match(batch)
    for row in range(len(batch)):
        expected = tuple(
            f"sample/{r.id}" for r in topic.rules if holds(r, r.when, by_id, batch, row)
        )
        assert hits.of(row) == expected, batch.texts.text(row)


@settings(max_examples=60)
@given(topic_files(), st.lists(listings, min_size=1, max_size=4))
def test_the_prefilter_loses_no_rule_and_is_sure_of_none_that_fails(
    topic: TopicFile, drawn: list[Listing]
) -> None:
    rules = RuleSet.compile([topic], run_examples=False)
    batch = ListingBatch.of(drawn)
    by_id = {rule.id: rule for rule in topic.rules}
    rows, numbers, ways = rules.matcher.prefilter.candidates(
        *rules.matcher.automaton.scan_all(batch.texts)
    )
    expected = {
        (row, number)
        for row in range(len(batch))
        for number, rule in enumerate(topic.rules)
        if holds(rule, rule.when, by_id, batch, row)
    }
    kept = list(zip(rows.tolist(), numbers.tolist(), strict=True))
    assert expected <= set(kept)
    assert {pair for pair, way in zip(kept, ways.tolist(), strict=True) if way == SURE} <= expected


@settings(max_examples=60)
@given(topic_files(), listings)
def test_spans_lie_in_the_text_and_read_as_the_rule_says(topic: TopicFile, one: Listing) -> None:
    rules = RuleSet.compile([topic], run_examples=False)
    why = rules.explain(ListingBatch.of([one]), 0, "sample")
    for span in why.spans:
        assert 0 <= span.start < span.end <= len(one.text)
        assert span.source in why.rules
