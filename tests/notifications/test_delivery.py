"""What becomes of a mail that a real mail server refuses, puts off, or takes."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.utils import timezone

import fakes
from browser.patience import free_port
from conftest import World
from notifications.picky_server import PickyServer
from picprocure.accounts.models import User
from picprocure.events.host_mails import write
from picprocure.notifications import delivery, mails, outbox, smtp
from picprocure.notifications.models import Mail, MailServer
from picprocure.pipeline import account_changes, maintenance, supervisor_pipe, worker_loss
from picprocure.pipeline.steps import announce
from picprocure.storage import claims, sealing

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "Bob's code is ABC-DEF."


def posted(
    address: str,
    *,
    user: User | None = None,
    urgency: Mail.Urgency = Mail.Urgency.NOTICE,
    valid_for: timedelta | None = None,
) -> Mail:
    message = EmailMultiAlternatives(subject="Hello", body=TEXT, to=[address])
    message.attach_alternative(f"<p>{TEXT}</p>", "text/html")
    until = timezone.now() + valid_for if valid_for else None
    return outbox.post(message, kind="hello", user=user, urgency=urgency, valid_until=until)


def deliver_later() -> None:
    """What is done when every pause is over."""
    Mail.objects.update(due_at=timezone.now())
    delivery.deliver_due()


def said(caplog: pytest.LogCaptureFixture) -> str:
    """The site's log, without that of the mail server in the same process."""
    return "".join(record.getMessage() for record in caplog.records if record.name != "mail.log")


def status_of(mail: Mail) -> str:
    found = Mail.objects.filter(pk=mail.pk).first()
    return found.status if found else "sent"


def test_a_mail_that_is_taken_leaves_no_row(server: PickyServer) -> None:
    mail = posted("a@fine.example")
    delivery.deliver_due()
    assert status_of(mail) == "sent"
    assert server.recipients() == ["a@fine.example"]
    (text,) = server.texts_to("a@fine.example")
    assert TEXT in text


@pytest.mark.parametrize("domain", ["nosuch.example", "full.example", "spam.example"])
def test_a_refusal_ends_the_mail_and_nothing_is_kept_of_it(
    server: PickyServer, domain: str, caplog: pytest.LogCaptureFixture
) -> None:
    mail = posted(f"a@{domain}")
    delivery.deliver_due()
    deliver_later()
    mail.refresh_from_db()
    assert mail.status == Mail.Status.REFUSED
    assert mail.content is None
    assert mail.attempts == 1
    assert domain not in said(caplog)


@pytest.mark.parametrize("domain", ["grey.example", "busy.example", "slow.example"])
def test_what_is_put_off_is_sent_later(
    server: PickyServer, domain: str, caplog: pytest.LogCaptureFixture
) -> None:
    mail = posted(f"a@{domain}")
    delivery.deliver_due()
    assert status_of(mail) == "waiting"
    delivery.deliver_due()  # too early
    mail.refresh_from_db()
    assert mail.attempts == 1
    server.is_picky = False
    deliver_later()
    assert server.recipients() == [f"a@{domain}"]
    assert status_of(mail) == "sent"
    assert domain not in said(caplog)


@pytest.mark.parametrize("trouble", ["no server", "no such host", "no words", "signs in first"])
def test_without_a_server_that_takes_mail_everything_waits(
    server: PickyServer, settings: Any, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = settings.EMAIL_HOST, settings.EMAIL_PORT
    server.takes_senders = trouble != "signs in first"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        if trouble == "no server":
            settings.EMAIL_PORT = free_port()
        elif trouble == "no such host":
            settings.EMAIL_HOST = "nowhere.invalid"
        elif trouble == "no words":
            settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = silent.getsockname()[1], 0.2
        waiting = [posted(f"a{number}@fine.example") for number in range(2)]
        delivery.deliver_due()
    assert [status_of(mail) for mail in waiting] == ["waiting"] * 2
    assert "fine.example" not in said(caplog)
    assert "picprocure@localhost" not in said(caplog)
    settings.EMAIL_HOST, settings.EMAIL_PORT = host, port
    server.takes_senders = True
    deliver_later()
    assert server.recipients() == ["a0@fine.example", "a1@fine.example"]


def test_the_pauses_grow_and_a_code_ends_when_it_is_not_valid_any_more(
    server: PickyServer,
) -> None:
    mail = posted("a@grey.example", valid_for=timedelta(minutes=10))
    pauses = []
    while status_of(mail) == "waiting":
        tried = timezone.now()
        deliver_later()
        mail.refresh_from_db()
        pauses.append((mail.due_at - tried).total_seconds())
    assert [round(pause) for pause in pauses[:6]] == [10, 20, 40, 80, 160, 320]
    assert mail.status == Mail.Status.EXPIRED
    assert mail.content is None


def test_a_mail_that_is_too_late_is_not_sent(server: PickyServer) -> None:
    mail = posted("a@fine.example", valid_for=timedelta(seconds=-1))
    delivery.deliver_due()
    assert status_of(mail) == "expired"
    assert not server.kept


@pytest.mark.parametrize("address", ["", "no address", "ä" * 70 + "@ä.example", "a@b.example\nc"])
def test_what_is_no_address_ends_and_stops_nobody(server: PickyServer, address: str) -> None:
    posted(address)
    posted("a@fine.example")
    delivery.deliver_due()
    assert server.recipients()[-1:] == ["a@fine.example"]


def test_a_mail_whose_key_is_lost_ends_and_stops_nobody(server: PickyServer) -> None:
    lost = posted("a@fine.example")
    Mail.objects.update(content=b"\x01" + b"x" * 80)
    posted("b@fine.example")
    delivery.deliver_due()
    assert server.recipients() == ["b@fine.example"]
    assert status_of(lost) == "refused"


def test_codes_are_sent_before_notices_and_these_before_what_hosts_write(
    server: PickyServer,
) -> None:
    posted("3@fine.example", urgency=Mail.Urgency.BULK)
    posted("2@fine.example")
    posted("1@fine.example", urgency=Mail.Urgency.CODE)
    delivery.deliver_due()
    assert [address[0] for address in server.recipients()] == ["1", "2", "3"]


def test_a_recipient_whose_server_hangs_does_not_stop_the_others(
    server: PickyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = EmailMultiAlternatives.send

    def hanging(message: EmailMultiAlternatives) -> int:
        if message.to[0].endswith("@hangs.example"):
            raise TimeoutError
        return real(message)

    monkeypatch.setattr(EmailMultiAlternatives, "send", hanging)
    for number in range(2):
        posted(f"{number}@hangs.example", urgency=Mail.Urgency.CODE)
    posted("a@fine.example")
    delivery.deliver_due()
    assert server.recipients() == ["a@fine.example"]


@pytest.mark.parametrize("end", ["deleted", "switched off"])
def test_an_account_that_ended_gets_nothing(
    server: PickyServer, make_user: Callable[..., User], end: str
) -> None:
    bob = make_user("bob")
    posted(bob.email, user=bob)
    if end == "deleted":
        account_changes.delete_account(bob)
    else:
        User.objects.update(is_active=False)
    delivery.deliver_due()
    about = [str(message["Subject"]) for _, message in server.kept]
    assert about == (["Your account was deleted"] if end == "deleted" else [])
    assert not Mail.objects.waiting().exists()


def test_a_mail_is_sent_at_most_twice_when_workers_die_over_it(
    server: PickyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They die after the server took it, and before the row is gone."""

    class Killed(BaseException):
        pass

    def killed(*_: object) -> None:
        raise Killed

    mail = posted("a@fine.example")
    monkeypatch.setattr(delivery, "_record", killed)
    for _ in range(2):
        with pytest.raises(Killed):
            delivery.deliver_due()
        for rows in (Mail.objects, MailServer.objects):
            rows.update(claimed_until=None)  # the leases have run out
    delivery.deliver_due()
    assert server.recipients() == ["a@fine.example"] * 2
    assert status_of(mail) == "expired"


def test_two_workers_send_it_once(server: PickyServer) -> None:
    mail = posted("a@fine.example")
    assert claims.claim(Mail.objects.due(), mail.pk, lease=timedelta(minutes=1))
    assert delivery.deliver(mail.pk) is None
    assert not server.kept


@contextmanager
def trickling_server(words: bytes) -> Iterator[int]:
    """A server that keeps each client waiting, with a few bytes now and then. Gives its port."""
    over = threading.Event()

    def keep_waiting(client: socket.socket) -> None:
        with client, suppress(OSError):
            while not over.wait(0.05):
                client.sendall(words)

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=keep_waiting, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]
        over.set()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize("words", [b"220-please wait\r\n", b"2", b"220 hello\r\n250-wait\r\n"])
def test_a_server_that_trickles_counts_as_unreachable(
    words: bytes, server: PickyServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "MAIL_LIMIT", timedelta(seconds=0.5))
    mail = posted("a@fine.example")
    begun = time.monotonic()
    with trickling_server(words) as settings.EMAIL_PORT:
        assert delivery.deliver(mail.pk) is delivery.Outcome.UNREACHABLE
    assert time.monotonic() - begun < 10
    assert status_of(mail) == "waiting"


def test_a_job_begins_no_mail_after_its_time(
    server: PickyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        posted(f"{number}@fine.example")
    monkeypatch.setattr(delivery, "SENDING_SECONDS", 0.0)
    assert delivery.deliver_due()
    assert len(server.kept) == 1


def test_the_limit_of_a_job_leaves_time_for_its_last_mail() -> None:
    limit = supervisor_pipe.limit_of("picprocure.send_mails")
    assert timedelta(seconds=delivery.SENDING_SECONDS) + smtp.MAIL_LIMIT < limit
    assert limit < timedelta(minutes=10)


def test_one_worker_sends_at_a_time(server: PickyServer) -> None:
    posted("a@fine.example")
    row = MailServer.singleton()
    sender = claims.claim(MailServer.objects.all(), row.pk, lease=timedelta(minutes=1))
    assert sender is not None
    assert not delivery.deliver_due()
    assert not server.kept
    worker_loss.give_back("picprocure.send_mails")  # the sender died
    delivery.deliver_due()
    assert server.recipients() == ["a@fine.example"]


def test_a_mail_that_comes_while_the_last_one_is_sent_is_not_left(
    server: PickyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own job finds the server claimed, so the claimant has to look again."""
    real = claims.finish

    def finish(row: claims.Claimable, **changes: Any) -> bool:
        if isinstance(row, MailServer):
            posted("late@fine.example")
            assert not delivery.deliver_due()
        return real(row, **changes)

    posted("a@fine.example")
    monkeypatch.setattr(claims, "finish", finish)
    assert delivery.deliver_due()


def test_neither_address_nor_text_is_readable_in_the_database(server: PickyServer) -> None:
    posted("a@grey.example")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notifications_mail")
        row = b"".join(
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            for value in cursor.fetchone()
        )
    assert b"grey" not in row
    assert b"ABC" not in row


def test_a_mail_that_waits_survives_new_keys(key_file: Path, server: PickyServer) -> None:
    posted("a@fine.example")
    sealing.add_key()
    outbox.reseal_waiting()
    sealing.drop_old_keys()
    delivery.deliver_due()
    assert server.recipients() == ["a@fine.example"]


def test_one_bad_address_among_a_host_s_readers_stops_no_other(
    full_world: World, server: PickyServer, settings: Any
) -> None:
    settings.EVENT_MAILERS = "everyone"
    full_world.event.host_mails.all().delete()
    User.objects.filter(username="bob").update(email="bob@nosuch.example")
    User.objects.filter(username="held").update(email="held@grey.example")
    User.objects.update(notify_photos=False, notify_people=False)
    write(event=full_world.event, author=full_world.alice, subject="Cake", text="Come")
    announce(full_world.event.pk)
    delivery.deliver_due()
    reached = {address.partition("@")[0] for address in server.recipients()}
    assert reached == {"blocked", "charlie", "pending", "withdrawn"}
    assert (outbox.waiting().count, outbox.undelivered().count) == (1, 1)
    server.is_picky = False
    deliver_later()
    announce(full_world.event.pk)
    delivery.deliver_due()
    assert server.recipients().count("held@grey.example") == 1
    assert len(server.kept) == 5


def test_feedback_and_receipts_wait_for_the_server(
    server: PickyServer, settings: Any, make_user: Callable[..., User]
) -> None:
    settings.EMAIL_PORT, port = free_port(), settings.EMAIL_PORT
    settings.OPERATOR_EMAIL = "operator@fine.example"
    bob, dora = make_user("bob", fakes.BOB), make_user("dora")
    mails.feedback(user=dora, text="Fine.")
    account_changes.delete_account(bob)
    delivery.deliver_due()
    assert not User.objects.filter(username="bob").exists()
    settings.EMAIL_PORT = port
    deliver_later()
    assert sorted(server.recipients()) == ["bob@example.org", "operator@fine.example"]


def test_upkeep_queues_what_waits_and_forgets_what_failed_long_ago(
    server: PickyServer, quick_worker: None
) -> None:
    posted("a@nosuch.example")
    maintenance.sweep()
    assert outbox.undelivered().count == 1
    posted("a@fine.example")
    Mail.objects.undelivered().update(written_at=timezone.now() - timedelta(days=8))
    maintenance.sweep()
    assert server.recipients() == ["a@fine.example"]
    assert not Mail.objects.exists()


def test_no_job_names_a_mail_or_an_address(
    server: PickyServer, monkeypatch: pytest.MonkeyPatch, make_user: Callable[..., User]
) -> None:
    jobs: list[Any] = []
    monkeypatch.setattr(
        "picprocure.pipeline.queue.app.send_task", lambda *a, **k: jobs.append((a, k))
    )
    account_changes.delete_account(make_user("bob"))
    assert jobs == [(("picprocure.send_mails",), {"args": []})]
