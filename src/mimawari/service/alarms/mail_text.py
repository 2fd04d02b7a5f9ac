"""What an e-mail of alarms says: no text of a listing, and nothing personal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from mimawari.records.alarm import AlarmKind, AlarmSeverity, AlarmState
from mimawari.service.alarms.words import kind_in_words, measured, severity_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mimawari.service.alarms.models import Alarm, MailLine

MOST_LINES = 100


class Letter(msgspec.Struct, frozen=True):
    """Subject and text."""

    subject: str
    text: str


def letter(lines: Sequence[MailLine]) -> Letter:
    """Write a mail of changes, in the installation's language; opened alarms come first."""
    with translation.override(settings.LANGUAGE_CODE):
        opened = [line for line in lines if line.state == AlarmState.OPENED]
        over = [line for line in lines if line.state == AlarmState.RESOLVED]
        subject = _("mimawari: %(opened)s alarms opened, %(over)s resolved") % {
            "opened": len(opened),
            "over": len(over),
        }
        parts = []
        for heading, group in ((_("Opened"), opened), (_("Resolved"), over)):
            if group:
                parts += [heading, "", *map(_line, group[:MOST_LINES])]
            if len(group) > MOST_LINES:
                parts.append(_("and %(n)s more") % {"n": f"{len(group) - MOST_LINES:,}"})
            parts += [""] if group else []
        parts.append(_("See the page Alarms of the console, or: mimawari alarms list"))
        return Letter(subject, "\n".join(parts) + "\n")


def _line(line: MailLine) -> str:
    alarm = line.alarm
    parts = [
        f"#{alarm.pk}",
        f"[{severity_in_words(AlarmSeverity(alarm.severity))}]",
        _subject(alarm),
        measured(alarm.figures),
        _("since %(time)s") % {"time": _time(alarm.began_at)},
    ]
    return " ".join(" ".join(parts).split())  # no line of a name can begin another one


def _subject(alarm: Alarm) -> str:
    names = [name for name in (alarm.topic, alarm.deployment, alarm.stream) if name]
    about = f" ({', '.join(names)})" if names else ""
    return f"{kind_in_words(AlarmKind(alarm.kind))}{about}:"


def _time(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
