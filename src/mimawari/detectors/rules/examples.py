"""Runs the examples that every rule carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.listings.batch import ListingBatch

if TYPE_CHECKING:
    from mimawari.detectors.rules.ruleset import RuleSet


def check_examples(rules: RuleSet) -> None:
    """Raise with every example that does not come out as its rule says."""
    cases = [
        (number, example, wanted)
        for number, compiled in enumerate(rules.rules)
        for wanted, examples in (
            (True, compiled.rule.match),
            (False, compiled.rule.no_match),
        )
        for example in examples
    ]
    batch = ListingBatch.of([example.listing for _, example, _ in cases])
    ratios = {
        row: example.price_vs_median
        for row, (_, example, _) in enumerate(cases)
        if example.price_vs_median is not None
    }
    rows, holding = rules.matcher.match(batch, ratios)
    problems = []
    for row, (number, example, wanted) in enumerate(cases):
        found = holding[rows == row].tolist()
        if (number in found) != wanted:
            others = ", ".join(rules.names[i] for i in found) or "no rule"
            source = rules.rules[number].source
            place = f"{source}: {rules.names[number]}" if source else rules.names[number]
            said = "does not match" if wanted else "matches"
            problems.append(
                FieldProblem(
                    f"{place}.examples.{'match' if wanted else 'no_match'}",
                    f"{example.listing.title!r} {said} (canonical: {batch.texts.text(row)!r}; "
                    f"matched by {others})",
                    "correct the rule or the example",
                )
            )
    if problems:
        raise InvalidInputError(*problems)
