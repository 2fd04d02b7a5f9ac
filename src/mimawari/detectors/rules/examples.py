"""Runs the examples that every rule carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from mimawari.detectors.rules.ruleset import RuleSet


@dataclass(frozen=True, slots=True)
class Failure:
    """An example that does not come out as its rule says."""

    rule: str
    problem: FieldProblem


def failures(rules: RuleSet) -> tuple[Failure, ...]:
    """Run all examples in one batch and give those that come out wrong."""
    cases = [
        (number, example, wanted)
        for number, compiled in enumerate(rules.rules)
        for wanted, examples in ((True, compiled.rule.match), (False, compiled.rule.no_match))
        for example in examples
    ]
    batch = ListingBatch.of([example.listing for _, example, _ in cases])
    ratios = {
        row: example.price_vs_median
        for row, (_, example, _) in enumerate(cases)
        if example.price_vs_median is not None
    }
    rows, holding = rules.matcher.match(batch, ratios)
    by_row: dict[int, list[int]] = {}
    for row, number in zip(rows.tolist(), holding.tolist(), strict=True):
        by_row.setdefault(row, []).append(number)
    return tuple(
        _failure(rules, number, batch, row, by_row.get(row, []))
        for row, (number, _, wanted) in enumerate(cases)
        if (number in by_row.get(row, [])) != wanted
    )


def check_examples(rules: RuleSet) -> None:
    """Raise with every example that does not come out as its rule says."""
    failed = failures(rules)
    if failed:
        raise InvalidInputError(*(failure.problem for failure in failed))


def _failure(
    rules: RuleSet, number: int, batch: ListingBatch, row: int, matched: list[int]
) -> Failure:
    compiled = rules.rules[number]
    name = compiled.name
    place = f"{compiled.source}: {name}" if compiled.source else name
    # It is wrong, so a rule that holds here is one that should not.
    key, outcome = ("no_match", "matches") if number in matched else ("match", "does not match")
    others = ", ".join(rules.names[i] for i in matched) or "no rule"
    problem = FieldProblem(
        f"{place}.examples.{key}",
        f"{batch.listings[row].title!r} {outcome} "
        f"(canonical: {batch.texts.text(row)!r}; matched by {others})",
        "correct the rule or the example",
    )
    return Failure(name, problem)
