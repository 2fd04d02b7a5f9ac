"""E-mail of alarms, against a real server: grouped, tried again, never twice, in no one's way."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import LazySettings
from tests.acting import TESTS

from mimawari.errors import InvalidInputError
from mimawari.records.alarm import AlarmFigures, AlarmKind, Condition, Occurrence
from mimawari.service.alarms import mailing
from mimawari.service.alarms.changing import acknowledge, resolve
from mimawari.service.alarms.mailing import EVERY, HELD, MailSender, hold, put_together
from mimawari.service.alarms.models import Mail, MailLine
from mimawari.service.alarms.watching import seen
from mimawari.service.platform import clock
from mimawari.service.platform.leases import HeldLease
from mimawari.service.project.config import load

pytestmark = pytest.mark.django_db(transaction=True)


class Inbox:
    """Keeps what it is given; refuses while it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(  # noqa: N802  # aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answer.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.mails.append(message)
        return self.answer


@pytest.fixture
def inbox(settings: LazySettings) -> Iterator[Inbox]:
    one = Inbox()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(one, hostname="127.0.0.1", port=port)
    controller.start()
    set_up(settings, port)
    yield one
    controller.stop()


def set_up(settings: LazySettings, port: int, timeout: float = 5) -> None:
    settings.CONFIG = msgspec.structs.replace(
        settings.CONFIG,
        mail_server="127.0.0.1",
        mail_port=port,
        mail_tls="none",
        mail_from="mimawari@shop.example",
        mail_to=("ops@shop.example", "ml@shop.example"),
    )
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, timeout
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False


@pytest.fixture
def lease(db: None) -> HeldLease:
    one = HeldLease("keeper")
    assert one.take()
    return one


def see(*streams: str, topic: str = "") -> None:
    for stream in streams:
        condition = Condition(AlarmKind.DRIFT_OF_INPUTS, topic, stream=stream)
        figures = AlarmFigures(value=0.55, usual=0.45, number=1_200)
        seen(Occurrence(condition=condition, figures=figures))


def later(by: timedelta) -> None:
    """Let time pass for mails, as if they had been made so long ago."""
    for mail in Mail.objects.filter(sent_at=None):
        held = mail.held_until - by if mail.held_until else None
        Mail.objects.filter(pk=mail.pk).update(
            made_at=mail.made_at - by, due_at=mail.due_at - by, held_until=held
        )


def test_all_that_is_new_is_one_mail(inbox: Inbox, lease: HeldLease) -> None:
    see("language: ja", "language: en", topic="weapons")
    sender = MailSender(lease)
    assert sender.turn()
    assert not sender.turn()
    (mail,) = inbox.mails
    assert mail["To"] == "ops@shop.example, ml@shop.example"
    assert mail["Subject"] == "mimawari: 2 alarms opened, 0 resolved"
    text = mail.get_content()
    assert "weapons, language: ja" in text
    assert "55%, usually 45%" in text
    assert mail["Message-ID"].endswith("@shop.example>")


def test_a_storm_is_one_mail_then_none_for_some_minutes(inbox: Inbox, lease: HeldLease) -> None:
    see(*(f"category: {i}" for i in range(150)))
    sender = MailSender(lease)
    while sender.turn():
        pass
    see("price: JPY 0 to 9")
    assert not sender.turn()
    (mail,) = inbox.mails
    assert mail["Subject"].startswith("mimawari: 150 alarms")
    assert "and 50 more" in mail.get_content()
    assert put_together(clock.database_now() + EVERY) is not None
    later(EVERY)
    assert sender.turn()
    assert len(inbox.mails) == 2


def test_a_clock_that_is_set_back_stops_no_mail(inbox: Inbox, lease: HeldLease) -> None:
    see("language: ja")
    assert put_together(clock.database_now() + timedelta(days=3)) is not None
    assert MailSender(lease).turn()
    see("language: en")
    assert MailSender(lease).turn()
    assert len(inbox.mails) == 2


def test_what_is_resolved_is_told_and_what_is_acknowledged_is_not(
    inbox: Inbox, lease: HeldLease
) -> None:
    see("language: ja")
    number = MailLine.objects.get().alarm_id
    acknowledge(number, TESTS, "a name that nobody else is to read: anna")
    resolve(number, TESTS, "a name that nobody else is to read: ben")
    assert MailSender(lease).turn()
    (mail,) = inbox.mails
    assert mail["Subject"] == "mimawari: 1 alarms opened, 1 resolved"
    assert "name" not in mail.get_content()


def test_a_name_begins_no_line_and_no_header(inbox: Inbox, lease: HeldLease) -> None:
    see("category: a\nBcc: thief@evil.example\r\n\r\n#1 [urgent] false")
    MailSender(lease).turn()
    (mail,) = inbox.mails
    assert mail["Bcc"] is None
    lines = mail.get_content().splitlines()
    assert sum(line.startswith("#") for line in lines) == 1
    assert not any(line.startswith("Bcc") for line in lines)


def test_a_refused_mail_is_tried_again_with_the_same_identifier(
    inbox: Inbox, lease: HeldLease
) -> None:
    see("language: ja")
    inbox.answer = "451 busy"
    sender = MailSender(lease)
    assert not sender.turn()
    assert "451" in sender.notice
    assert not sender.turn()  # not yet
    assert Mail.objects.get().attempts == 1
    later(timedelta(minutes=2))
    inbox.answer = "250 OK"
    assert sender.turn()
    assert sender.notice == ""
    (mail,) = inbox.mails
    row = Mail.objects.get()
    assert mail["Message-ID"] == row.identifier
    assert (row.attempts, row.problem) == (2, "")
    later(timedelta(days=1))
    assert not sender.turn()
    assert len(inbox.mails) == 1


def test_pauses_grow_to_an_hour(inbox: Inbox, lease: HeldLease) -> None:
    see("language: ja")
    inbox.answer = "550 no"
    pauses = []
    for _ in range(9):
        MailSender(lease).turn()
        row = Mail.objects.get()
        pauses.append(round((row.due_at - clock.database_now()).total_seconds() / 60))
        later(timedelta(hours=2))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_server_that_is_away_or_hangs_only_delays(
    settings: LazySettings, lease: HeldLease
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as hanging:  # takes connections, never answers
        set_up(settings, hanging.getsockname()[1], timeout=0.2)
        see("language: ja")
        sender = MailSender(lease)
        assert not sender.turn()
        assert "timed out" in Mail.objects.get().problem
    later(timedelta(minutes=2))
    assert not sender.turn()  # nobody listens there now
    assert "refused" in Mail.objects.get().problem.lower()
    assert Mail.objects.get().sent_at is None


def test_of_two_keepers_one_sends(inbox: Inbox, lease: HeldLease) -> None:
    see("language: ja")
    assert put_together() is not None
    assert put_together() is None
    assert hold() is not None
    assert hold() is None
    assert not MailSender(lease).turn()
    assert inbox.mails == []
    later(HELD)  # who held it was killed
    assert MailSender(lease).turn()
    assert len(inbox.mails) == 1


def test_what_the_server_took_is_never_sent_again(
    inbox: Inbox, lease: HeldLease, monkeypatch: pytest.MonkeyPatch
) -> None:
    see("language: ja")
    sender = MailSender(lease)

    def away(*_: object) -> None:
        raise OSError("the store is away")

    with monkeypatch.context() as patch:
        patch.setattr(mailing, "settle", away)
        with pytest.raises(OSError, match="away"):
            sender.turn()
    later(HELD)
    assert sender.turn()
    assert len(inbox.mails) == 1
    assert Mail.objects.get().sent_at is not None


def test_without_settings_nothing_is_kept_and_nothing_sent(lease: HeldLease) -> None:
    see("language: ja")
    assert not MailSender(lease).turn()
    assert MailLine.objects.count() == 0


def test_who_does_not_hold_the_lease_sends_nothing(inbox: Inbox) -> None:
    see("language: ja")
    assert not MailSender(HeldLease("keeper")).turn()
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"TO": "a@b.example"}, "mail_server: is missing"),
        ({"SERVER": "smtp.example"}, "mail_to is not"),
        ({"TO": "no address", "SERVER": "s", "FROM": "a@b.example"}, "is no address"),
        ({"TO": "a@b.example\r\nBcc: x@y.z", "SERVER": "s", "FROM": "a@b.c"}, "is no address"),
        ({"TO": "a@b.c", "SERVER": "s", "FROM": "a@b.c", "USER": "u"}, "belong together"),
        (
            {"TO": "a@b.c", "SERVER": "s", "FROM": "a@b.c", "USER": "u", "PASSWORD_FILE": "/no"},
            "No such file",
        ),
        (
            {
                "TO": "a@b.c",
                "SERVER": "s",
                "FROM": "a@b.c",
                "USER": "u",
                "TLS": "none",
                "PASSWORD_FILE": "/dev/null",
            },
            "readable on its way",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(given: dict[str, str], problem: str) -> None:
    environ = {f"MIMAWARI_MAIL_{name}": value for name, value in given.items()}
    with pytest.raises(InvalidInputError, match=problem):
        load(environ)
