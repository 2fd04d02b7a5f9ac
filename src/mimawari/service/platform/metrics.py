"""What Prometheus can ask."""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder through which the roles of one host share their metrics, where it is set."""

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

DELIVERIES = Counter(
    "mimawari_deliveries_total", "Tries to deliver an event, by outcome", ["outcome"]
)

SEARCH_DOCUMENTS = Counter("mimawari_search_documents_total", "Documents written to the index")
SEARCH_BEHIND = Gauge(
    "mimawari_search_behind_seconds",
    "Age of the oldest event that the search index does not know",
    multiprocess_mode="mostrecent",
)


def exposition() -> bytes:
    """Give the metrics of this process, or of all roles that share the folder."""
    if SHARED not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
