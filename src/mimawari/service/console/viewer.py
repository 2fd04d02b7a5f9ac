"""Who looks at a page, and what is kept from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.utils.translation import gettext as _

from mimawari.service.accounts.permissions import Permission
from mimawari.service.trials.blind_topics import blind_topics

if TYPE_CHECKING:
    from mimawari.service.accounts.permissions import Authority


class Viewer(msgspec.Struct, frozen=True):
    """Who looks, and what is kept from them.

    Parameters
    ----------
    hidden
        Topics that are judged blind, whose scores and models are not shown.
    sees_all
        Whether scores, names and open cases are shown: not to who judges alone.
    """

    authority: Authority
    hidden: frozenset[str]
    sees_all: bool

    @classmethod
    def of(cls, authority: Authority) -> Viewer:
        """Say what is kept from a principal."""
        sees_all = Permission.SCORES in authority.permissions
        return cls(authority, frozenset() if sees_all else blind_topics(), sees_all)

    def name(self, number: int, username: str) -> str:
        """Name a moderator; to those who judge alone, others are numbers."""
        if str(number) == self.authority.principal.id:
            return _("you")
        return username if self.sees_all else _("moderator %(number)s") % {"number": number}
