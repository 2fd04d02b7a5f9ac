"""Codes of second factors: each counts once, and only so many may be wrong.

Whoever is asked for a code gave the password already, so that this limit, which goes by account
whatever the address, is nothing a stranger can turn against it. Passkeys are not counted: they
cannot be guessed.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from mimawari.service.accounts.models import CodeUse

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser

MOST = 20
"""Wrong codes within `WINDOW`; guessing one of six digits takes two years at that pace."""
WINDOW = timedelta(hours=1)


def locked(user: AbstractBaseUser) -> CodeUse:
    """Give an account's uses, locked until the transaction ends: no code counts twice."""
    CodeUse.objects.get_or_create(user_id=user.pk)
    return CodeUse.objects.select_for_update().get(user_id=user.pk)


def exhausted(uses: CodeUse) -> bool:
    """Whether too many codes were wrong lately for another to be looked at."""
    return uses.failures >= MOST and uses.since is not None and uses.since > _begin()


def failed(uses: CodeUse) -> None:
    """Count a wrong code."""
    if uses.since is None or uses.since <= _begin():
        uses.failures, uses.since = 0, timezone.now()
    uses.failures += 1
    uses.save(update_fields=["failures", "since"])


def use_step(uses: CodeUse, step: int) -> bool:
    """Use up the code of a time step; False where it, or a later one, was used before."""
    if step <= uses.last_step:
        return False
    uses.last_step, uses.failures = step, 0
    uses.save(update_fields=["last_step", "failures"])
    return True


def _begin() -> datetime:
    return timezone.now() - WINDOW
