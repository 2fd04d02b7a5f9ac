"""How much of each is taken."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What each check allows at most; shares are of 1.

    Parameters
    ----------
    unjoined
        Labels whose listing is gone. Above it the rest may not stand for what was decided.
    unsettled
        Of what was judged: nothing is known.
    conflicting
        Labels of a text that has the other label too.
    repeated
        Labels of a text that stands there already with the same label.
    delay_days
        Between a listing and the newest decision on it, in the median.
    other_policy
        Labels taken under another policy version than the newest one there.
    one_seller
        Violations of one seller.
    languages
        How far the mix of languages moved from the earlier version: half the sum of the
        differences of shares (total variation).
    balance
        How far the share of violations moved from the earlier version, as a ratio.
    """

    unjoined: float = 0.05
    unsettled: float = 0.3
    conflicting: float = 0.05
    repeated: float = 0.5
    delay_days: float = 30.0
    other_policy: float = 0.5
    one_seller: float = 0.8
    languages: float = 0.2
    balance: float = 3.0
