"""What the server answers, as dictionaries with known keys, by the names that `Client` uses.

They are written from the API's declarations (`mimawari.client.operations`): the library imports
nothing of the service.
"""

from __future__ import annotations

from mimawari.client.operations.listings import (
    Checked,
    CheckedTopic,
    Count,
    Ended,
    FoundListing,
    FoundPage,
    Freshness,
    ListingHistory,
    Reason,
)
from mimawari.client.operations.reviews import (
    ClauseText,
    GroupAnswer,
    GroupUndone,
    ListingDecided,
    ListingRefused,
    RelistingOf,
    ReviewItem,
    RuleHit,
    RuleMark,
    Saved,
)

TopicScore = CheckedTopic
Reviewed = Saved
DecisionGroup = GroupAnswer
Undone = GroupUndone

__all__ = [
    "Checked",
    "ClauseText",
    "Count",
    "DecisionGroup",
    "Ended",
    "FoundListing",
    "FoundPage",
    "Freshness",
    "ListingDecided",
    "ListingHistory",
    "ListingRefused",
    "Reason",
    "RelistingOf",
    "ReviewItem",
    "Reviewed",
    "RuleHit",
    "RuleMark",
    "TopicScore",
    "Undone",
]
