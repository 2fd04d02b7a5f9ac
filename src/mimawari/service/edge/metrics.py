"""What Prometheus can ask."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

LISTINGS = Counter("mimawari_listings_total", "Listing versions received, by answer", ["status"])
CHECKS = Histogram(
    "mimawari_check_seconds",
    "Time to score one listing on request",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0),
)
READING = Histogram(
    "mimawari_picture_reading_seconds",
    "Time to read the text in one picture",
    buckets=(0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
PICTURES = Counter("mimawari_pictures_total", "Tries to keep a picture, by outcome", ["outcome"])
