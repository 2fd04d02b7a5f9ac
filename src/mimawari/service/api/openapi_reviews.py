"""The part of the OpenAPI document that is about reviewing."""

from __future__ import annotations

from typing import Any

from mimawari.service.accounts.keys import Scope
from mimawari.service.api.operations import JSON, content, operation
from mimawari.service.api.reviews import GREATEST, Judged, Saved, Wanted
from mimawari.service.review.blind_item import ReviewItem

REVIEW_TYPES = (Wanted, Judged, Saved, ReviewItem)
WRONG = {"413": "The body is over the limit", "422": "Problems, all of them"}


def review_paths() -> dict[str, Any]:
    """Describe the routes of `reviews`."""
    number = {"type": "integer", "minimum": 1, "maximum": GREATEST}
    alert = {"name": "alert", "in": "path", "required": True, "schema": number}
    return {
        "/api/v1/reviews:next": {
            "post": operation(
                "Lease the next item to the key's moderator, without any model's opinion.",
                Scope.REVIEW,
                {"200": ("The item", "ReviewItem", JSON), "204": ("Nothing waits", "", JSON)},
                WRONG,
                requestBody={"required": False, "content": content("Wanted")},
            )
        },
        "/api/v1/reviews/{alert}": {
            "post": operation(
                "Decide on an item; saying the same twice is harmless.",
                Scope.REVIEW,
                {"200": ("The decision stands", "Saved", JSON)},
                {
                    **WRONG,
                    "404": "Unknown alert",
                    "409": "The alert is closed or held by another moderator",
                },
                parameters=[alert],
                requestBody={"required": True, "content": content("Judged")},
            )
        },
    }
