"""An example of an item to review."""

from __future__ import annotations

from mimawari.service.api.examples.listings import LISTING, NOON
from mimawari.service.review.blind_item import ClauseText, ReviewItem, RuleHit, RuleMark

ITEM = ReviewItem(
    alert=1,
    topic="weapons",
    title={"en": "Weapons", "ja": "武器"},
    policy={"en": "No firearms.", "ja": "銃器は出品できません。"},
    policy_version=3,
    sensitive=False,
    listing=LISTING,
    rules=[RuleHit("weapons/firearm", "A make of firearm, or the word for one.")],
    marks=[RuleMark("weapons/firearm", 0, 5)],
    leased_until=NOON,
    clauses=[
        ClauseText("firearm", {"en": "Firearms and their parts", "ja": "銃器とその部品"}, "high")
    ],
    clause_optional=True,
)
