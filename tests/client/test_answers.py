"""The client's own types have the keys that the service answers with."""

from __future__ import annotations

import msgspec
import pytest

from mimawari.client import LineAnswer, answers
from mimawari.service.api import batch, check, reviews
from mimawari.service.review import blind_item, listing_history


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
    ],
    ids=lambda kind: kind.__name__,
)
def test_an_answer_has_the_keys_that_are_served(own: type, served: type[msgspec.Struct]) -> None:
    assert set(own.__annotations__) == set(served.__struct_fields__)


def test_a_line_has_the_fields_that_are_served() -> None:
    assert LineAnswer.__struct_fields__ == batch.LineAnswer.__struct_fields__
