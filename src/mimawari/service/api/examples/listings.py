"""Examples of listings, and of what is answered on them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from mimawari.listings.listing import Listing
from mimawari.records.action import GateAction
from mimawari.records.deployment import Slot
from mimawari.service.admission.second_stage_reading import SecondStageRank
from mimawari.service.api.answers import Problem
from mimawari.service.api.batch import LineAnswer
from mimawari.service.api.check import Checked, CheckedTopic, Reason
from mimawari.service.review.listing_history import (
    AlertOpened,
    DecisionTaken,
    ListingHistory,
    PictureKept,
    VersionHistory,
    VersionScore,
)
from mimawari.service.scoring.columns import SlotScore, TopicScore

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MODEL = "weapons-0123456789ab"
LISTING = Listing(
    id="1001",
    version=1,
    seller_id="s7",
    title="Glock pistol, new",
    price_minor=45_000,
    currency="JPY",
    category=("Sports", "Other"),
)
DRAFT = Listing(id="draft", version=1, seller_id="s7", title="Glock pistol, new")
LISTINGS = (
    Listing(id="1002", version=1, seller_id="s7", title="Teacup"),
    Listing(id="1003", version=1, seller_id="s7", title=" "),
)
LINE_ANSWERS = (
    LineAnswer(1, "accepted", "1002", 1),
    LineAnswer(
        2,
        "rejected",
        problems=[Problem("title", "is empty", "give 1 to 500 characters, or a description")],
    ),
)
CHECKED = Checked(
    12,
    [
        CheckedTopic(
            topic="weapons",
            score=0.981,
            model_score=0.94,
            rule_score=0.981,
            rules=["weapons/firearm"],
            reasons=[
                Reason(text="Glock", start=0, end=5, source="weapons/firearm", weight=0.0),
                Reason(feature="log_price", value=10.7, weight=0.21),
            ],
            action=GateAction.HOLD,
            threshold=0.9,
            by="weapons/firearm",
            clause="firearm",
            policy_version=3,
        )
    ],
    {},
    GateAction.HOLD,
)
HISTORY = ListingHistory(
    "1001",
    [
        VersionHistory(
            version=1,
            received_at=NOON,
            state="scored",
            error=None,
            listing=LISTING,
            pictures=[PictureKept("https://shop.example/1.jpg", "kept", "9f" * 32, None)],
            score=VersionScore(
                generation=12,
                scored_at=NOON,
                picture_text=None,
                topics={
                    "weapons": TopicScore(
                        score=0.981,
                        model_score=0.94,
                        rule_score=0.981,
                        refined=True,
                        model=MODEL,
                        policy_version=3,
                        rules=["weapons/firearm"],
                        slots=[SlotScore(Slot.CHAMPION, MODEL, 0.94, True)],
                    )
                },
            ),
            alerts=[
                AlertOpened(
                    topic="weapons",
                    day=date(2026, 11, 2),
                    score=0.981,
                    state="decided",
                    decisions=[DecisionTaken("violates", "moderator-3", 3, 12, NOON)],
                )
            ],
            second_stage=[
                SecondStageRank(
                    topic="weapons",
                    day=date(2026, 11, 2),
                    stage="weapons-second-0123456789ab",
                    score=0.981,
                    entered_at=NOON,
                    due_at=NOON,
                    place="ranked",
                    rank=0.994,
                    weights=7,
                    clauses={"firearm": 96.0, "blade": 0.0},
                    why="a pistol with magazines",
                    answered_at=NOON,
                )
            ],
        )
    ],
)
