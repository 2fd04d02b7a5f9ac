"""Sends alarms by e-mail: what is new goes into one mail every few minutes at most.

Mails are rows. A mail is held by who tries to send it; what the server took is written down and
never sent again. Who is killed between the two sends it once more, under the same Message-ID.
"""

from __future__ import annotations

import logging
import smtplib
from datetime import timedelta
from email.utils import make_msgid
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, Q

from mimawari.service.alarms.mail_text import letter
from mimawari.service.alarms.models import Mail, MailLine
from mimawari.service.platform import clock
from mimawari.service.platform.work_loop import WorkLoop

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.core.mail.backends.base import BaseEmailBackend

    from mimawari.service.platform.leases import HeldLease

logger = logging.getLogger(__name__)
BACKEND = "django.core.mail.backends.smtp.EmailBackend"
EVERY = timedelta(minutes=5)
"""Least time between two mails."""
HELD = timedelta(minutes=2)
"""Longer than a try takes: each answer of the server is waited for 20 seconds."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
IDLE_SECONDS = 10.0


class MailSender(WorkLoop):
    """Puts mails together and sends them, in a thread of its own: no job waits for a server.

    Parameters
    ----------
    lease
        The keeper's; two that send do no harm, since a mail is held by one of them.
    """

    trouble = "a mail of alarms could not be sent; it waits"

    def __init__(self, lease: HeldLease) -> None:
        super().__init__(IDLE_SECONDS)
        self.lease = lease
        self._taken: set[int] = set()

    def turn(self) -> bool:
        """Put together what is new, and try what is due."""
        if not settings.CONFIG.mail_to or not self.lease.holds:
            return False
        put_together()
        mail = hold()
        if mail is None:
            return False
        # The server took it, but that could not be written down: only that is tried again.
        problem = "" if mail.pk in self._taken else send(mail)
        if not problem:
            self._taken.add(mail.pk)
        settle(mail, problem)
        self._taken.discard(mail.pk)
        self.notice = f"mail of alarms: {problem}" if problem else ""
        return not problem


def put_together(now: datetime | None = None) -> Mail | None:
    """Make one mail of all that is new, unless the last one was made just now."""
    now = now or clock.database_now()
    if not MailLine.objects.filter(mail=None).exists():
        return None
    with transaction.atomic():
        last = Mail.objects.order_by("-pk").select_for_update().first()
        # A time to come is of a clock that was set back.
        if last is not None and timedelta(0) <= now - last.made_at < EVERY:
            return None
        host = settings.CONFIG.mail_from.rpartition("@")[2]
        mail = Mail.objects.create(identifier=make_msgid(domain=host), made_at=now, due_at=now)
        if not MailLine.objects.filter(mail=None).update(mail=mail):
            transaction.set_rollback(True)
            return None
        return mail


def hold(now: datetime | None = None) -> Mail | None:
    """Take the oldest mail that is due, so that nobody else tries it meanwhile."""
    now = now or clock.database_now()
    free = Q(held_until=None) | Q(held_until__lte=now) | Q(held_until__gt=now + HELD)
    due = Q(due_at__lte=now) | Q(due_at__gt=now + LONGEST_PAUSE)  # of a clock that was set back
    mail = Mail.objects.filter(free, due, sent_at=None).order_by("pk").first()
    if mail is None:
        return None
    mine = Mail.objects.filter(free, pk=mail.pk, sent_at=None, attempts=mail.attempts)
    if not mine.update(held_until=now + HELD, attempts=F("attempts") + 1):
        return None
    mail.refresh_from_db()
    return mail


def send(mail: Mail, connect: Callable[[], BaseEmailBackend] | None = None) -> str:
    """Send a mail; gives what went wrong, empty where the server took it."""
    lines = list(mail.lines.select_related("alarm").order_by("pk"))
    written, config = letter(lines), settings.CONFIG
    message = EmailMessage(
        written.subject,
        written.text,
        config.mail_from,
        list(config.mail_to),
        connection=connect() if connect else get_connection(BACKEND),
        headers={"Message-ID": mail.identifier, "Auto-Submitted": "auto-generated"},
    )
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:  # away, hangs, or refuses
        problem = " ".join(f"{type(error).__name__}: {error}".split())[:500]
        logger.warning("the mail server took no mail of alarms: %s", problem)
        return problem
    return ""


def settle(mail: Mail, problem: str, now: datetime | None = None) -> None:
    """Write down that a mail was taken, or when it is tried again."""
    now = now or clock.database_now()
    mine = Mail.objects.filter(pk=mail.pk, sent_at=None)
    if not problem:
        mine.update(sent_at=now, held_until=None, problem="")
        return
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(mail.attempts - 1, 10))
    mine.update(held_until=None, due_at=now + pause, problem=problem)
