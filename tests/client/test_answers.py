"""The client's own types have the keys that the service answers with."""

from __future__ import annotations

import msgspec
import pytest

from mimawari.client import LineAnswer, answers
from mimawari.service.api import batch, check, endings, reviews
from mimawari.service.api.examples import decisions
from mimawari.service.review import blind_item, listing_history
from mimawari.service.search import results, state


@pytest.mark.parametrize(
    ("own", "served"),
    [
        (answers.Checked, check.Checked),
        (answers.TopicScore, check.CheckedTopic),
        (answers.Reason, check.Reason),
        (answers.ListingHistory, listing_history.ListingHistory),
        (answers.ReviewItem, blind_item.ReviewItem),
        (answers.RuleHit, blind_item.RuleHit),
        (answers.RuleMark, blind_item.RuleMark),
        (answers.RelistingOf, blind_item.RelistingOf),
        (answers.Reviewed, reviews.Saved),
        (answers.FoundPage, results.FoundPage),
        (answers.FoundListing, results.FoundListing),
        (answers.Count, results.Count),
        (answers.Freshness, state.Freshness),
        (answers.Ended, endings.Ended),
        (answers.DecisionGroup, decisions.GroupAnswer),
        (answers.ListingDecided, decisions.ListingDecided),
        (answers.ListingRefused, decisions.ListingRefused),
        (answers.Undone, decisions.GroupUndone),
    ],
    ids=lambda kind: kind.__name__,
)
def test_an_answer_has_the_keys_that_are_served(own: type, served: type[msgspec.Struct]) -> None:
    assert set(own.__annotations__) == set(served.__struct_fields__)


def test_a_line_has_the_fields_that_are_served() -> None:
    assert LineAnswer.__struct_fields__ == batch.LineAnswer.__struct_fields__
