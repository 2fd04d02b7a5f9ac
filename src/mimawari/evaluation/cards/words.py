"""What every card says of use and limits: true of all models here."""

USERS = ("Moderators who look at the listings that are scored highest, a list a topic and day",)
USE_CASES = (
    "Choosing which listings people review first, for one topic of one marketplace's policy",
)
LIMITS = (
    "A score orders listings; it is no decision. Thresholds, and what follows, are the operator's.",
    "It has learnt from labels of one marketplace up to a day: other markets, languages and later"
    " times are what the figures do not speak of.",
    "Sellers who hide what they offer lower it; see recall under disguises, where it was measured.",
)
TRADE_OFFS = (
    "A violation below the list is not seen: what a day's list can hold is set by the reviewers'"
    " time, and the exploration slice estimates what is missed.",
)
