"""The groups of operations, in the order in which the page shows them."""

from mimawari.service.api.operation import Tag

LISTINGS = Tag("Listings", "Send and check listings, and see what happened to them.")
REVIEWS = Tag(
    "Reviews",
    "Moderators' tools: take the next item, blind, and decide; or decide on what they found.",
)
ACTIONS = Tag("Actions", "What is to be done about listings and sellers, and who took it back.")
BACKTESTS = Tag("Back-tests", "Compare a model with the one in force on the history.")
EXPERIMENTS = Tag("Experiments", "Compare a model with the one in force on what arrives.")
PLANNER = Tag("Planner", "What a comparison costs, before it starts.")
RELEASES = Tag(
    "Releases", "What scored a topic when and why, and the labels that models learn from."
)
EVENTS = Tag("Events", "What happened, as it happens: a feed, and webhooks that are sent.")
QUALITY = Tag("Quality", "How far labels, lists and probabilities can be trusted.")
SYSTEM = Tag("System", "For whoever runs the service, and for programs that read this page.")
TAGS = (
    LISTINGS,
    REVIEWS,
    ACTIONS,
    BACKTESTS,
    EXPERIMENTS,
    PLANNER,
    RELEASES,
    EVENTS,
    QUALITY,
    SYSTEM,
)
