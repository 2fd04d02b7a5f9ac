"""What may be done, and which role may do it: the one table of permissions.

docs/permissions.md shows it; sections that the code guards name a `Permission` and no role.
"""

from __future__ import annotations

import enum

import msgspec

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.records.principal import Principal


class Permission(enum.StrEnum):
    """One thing that a principal may do; an API key's scopes are some of these."""

    SUBMIT = "listings:write"
    CHECK = "listings:check"
    LISTINGS = "listings:read"
    CONSOLE = "console:read"
    REVIEW = "reviews:write"
    SCORES = "scores:read"
    QUALITY = "quality:read"
    GOLDEN = "golden:write"
    ESCALATED = "escalations:write"
    ACTIONS = "actions:read"
    ACT = "actions:write"
    POLICY = "policies:write"
    MODELS = "models:write"
    TRIALS = "trials:read"
    RUN_TRIALS = "trials:write"
    AUDIT = "audit:read"
    EXPORT = "exports:read"
    IMPORT = "decisions:write"
    ACCOUNTS = "accounts:write"
    RETENTION = "retention:write"
    ERASURE = "erasures:write"
    LEDGER = "ledger:write"
    EVENTS = "events:read"
    WEBHOOKS = "webhooks:write"
    SHARE_VIEWS = "views:write"
    ALARMS = "alarms:write"


class Role(enum.StrEnum):
    """What somebody is; what each may do is in `GRANTS`."""

    MODERATOR = "moderator"
    LEAD = "lead"
    POLICY_EDITOR = "policy_editor"
    ML_ENGINEER = "ml_engineer"
    AUDITOR = "auditor"
    ADMIN = "admin"


# In settings, instead of a role.
EVERYBODY = "all"
_READS = frozenset({Permission.CONSOLE, Permission.LISTINGS})
# Scores and figures would unblind who judges, so those who judge alone do not see them.
_SEES = _READS | {Permission.SCORES, Permission.QUALITY, Permission.ACTIONS}
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.MODERATOR: _READS | {Permission.REVIEW},
    Role.LEAD: _SEES
    | {
        Permission.REVIEW,
        Permission.GOLDEN,
        Permission.ESCALATED,
        Permission.ACT,
        Permission.SHARE_VIEWS,
        Permission.ALARMS,
    },
    Role.POLICY_EDITOR: _SEES | {Permission.POLICY},
    Role.ML_ENGINEER: _SEES
    | {
        Permission.MODELS,
        Permission.TRIALS,
        Permission.RUN_TRIALS,
        Permission.EXPORT,
        Permission.ALARMS,
    },
    Role.AUDITOR: _SEES | {Permission.TRIALS, Permission.AUDIT, Permission.EXPORT},
    Role.ADMIN: frozenset(Permission),
}
# Not "anybody": what a role of an earlier version is called now.
_RENAMED = {"engineer": Role.ML_ENGINEER}


class Authority(msgspec.Struct, frozen=True):
    """What a principal may do, and on which topics.

    Parameters
    ----------
    topics
        The only ones it has to do with; None where it has to do with all.

    Examples
    --------
    >>> anna = Principal("user", "7", "anna")
    >>> hers = Authority(anna, GRANTS[Role.MODERATOR], frozenset({"weapons"}))
    >>> hers.may(Permission.REVIEW, "weapons"), hers.may(Permission.REVIEW, "drugs")
    (True, False)
    >>> hers.may(Permission.SCORES)
    False
    """

    principal: Principal
    permissions: frozenset[Permission]
    topics: frozenset[str] | None = None

    def concerns(self, topic: str) -> bool:
        """Whether it has to do with a topic."""
        return self.topics is None or topic in self.topics

    def may(self, permission: Permission, topic: str | None = None) -> bool:
        """Whether it may do something, with a topic where one is named."""
        return permission in self.permissions and (topic is None or self.concerns(topic))


def read_role(text: str) -> Role:
    """Read a role's name.

    Raises
    ------
    InvalidInputError
        Where there is no such role.

    Examples
    --------
    >>> read_role("lead")
    <Role.LEAD: 'lead'>
    """
    try:
        return Role(text)
    except ValueError:
        remedy = f"use {', '.join(Role)}"
        if text in _RENAMED:
            remedy = f"it is called {_RENAMED[text]} now"
        raise InvalidInputError(FieldProblem("role", f"{text!r} is unknown", remedy)) from None
