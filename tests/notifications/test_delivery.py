"""Delivery: mails that a real mail server accepts, defers or refuses."""

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


def post(
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
    """Deliver as if all pauses were over."""
    Mail.objects.update(due_at=timezone.now())
    delivery.deliver_due()


def site_log(caplog: pytest.LogCaptureFixture) -> str:
    """Return the site's log, without that of the mail server in the same process."""
    return "".join(record.getMessage() for record in caplog.records if record.name != "mail.log")


def status_of(mail: Mail) -> str:
    found = Mail.objects.filter(pk=mail.pk).first()
    return found.status if found else "sent"


def test_accepted_mail_leaves_no_row(server: PickyServer) -> None:
    mail = post("a@fine.example")
    delivery.deliver_due()
    assert status_of(mail) == "sent"
    assert server.recipients() == ["a@fine.example"]
    (text,) = server.texts_to("a@fine.example")
    assert TEXT in text


@pytest.mark.parametrize("domain", ["nosuch.example", "full.example", "spam.example"])
def test_refused_mail_is_given_up_without_its_content(
    server: PickyServer, domain: str, caplog: pytest.LogCaptureFixture
) -> None:
    mail = post(f"a@{domain}")
    delivery.deliver_due()
    deliver_later()
    mail.refresh_from_db()
    assert mail.status == Mail.Status.REFUSED
    assert mail.content is None
    assert mail.attempts == 1
    assert domain not in site_log(caplog)


@pytest.mark.parametrize("domain", ["grey.example", "busy.example", "slow.example"])
def test_deferred_mail_is_sent_later(
    server: PickyServer, domain: str, caplog: pytest.LogCaptureFixture
) -> None:
    mail = post(f"a@{domain}")
    delivery.deliver_due()
    assert status_of(mail) == "waiting"
    delivery.deliver_due()  # too early
    mail.refresh_from_db()
    assert mail.attempts == 1
    server.is_picky = False
    deliver_later()
    assert server.recipients() == [f"a@{domain}"]
    assert status_of(mail) == "sent"
    assert domain not in site_log(caplog)


@pytest.mark.parametrize("trouble", ["no server", "no such host", "no words", "signs in first"])
def test_mails_wait_while_no_server_accepts_them(
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
        waiting = [post(f"a{number}@fine.example") for number in range(2)]
        delivery.deliver_due()
    assert [status_of(mail) for mail in waiting] == ["waiting"] * 2
    assert "fine.example" not in site_log(caplog)
    assert "picprocure@localhost" not in site_log(caplog)
    settings.EMAIL_HOST, settings.EMAIL_PORT = host, port
    server.takes_senders = True
    deliver_later()
    assert server.recipients() == ["a0@fine.example", "a1@fine.example"]


def test_pauses_grow_until_the_mail_expires(
    server: PickyServer,
) -> None:
    mail = post("a@grey.example", valid_for=timedelta(minutes=10))
    pauses = []
    while status_of(mail) == "waiting":
        tried_at = timezone.now()
        deliver_later()
        mail.refresh_from_db()
        pauses.append((mail.due_at - tried_at).total_seconds())
    assert [round(pause) for pause in pauses[:6]] == [10, 20, 40, 80, 160, 320]
    assert mail.status == Mail.Status.EXPIRED
    assert mail.content is None


def test_expired_mail_is_not_sent(server: PickyServer) -> None:
    mail = post("a@fine.example", valid_for=timedelta(seconds=-1))
    delivery.deliver_due()
    assert status_of(mail) == "expired"
    assert not server.kept


@pytest.mark.parametrize("address", ["", "no address", "ä" * 70 + "@ä.example", "a@b.example\nc"])
def test_invalid_address_does_not_stop_other_mails(server: PickyServer, address: str) -> None:
    post(address)
    post("a@fine.example")
    delivery.deliver_due()
    assert server.recipients()[-1:] == ["a@fine.example"]


def test_mail_that_no_key_opens_does_not_stop_other_mails(server: PickyServer) -> None:
    unreadable = post("a@fine.example")
    Mail.objects.update(content=b"\x01" + b"x" * 80)
    post("b@fine.example")
    delivery.deliver_due()
    assert server.recipients() == ["b@fine.example"]
    assert status_of(unreadable) == "refused"


def test_codes_are_sent_before_notices_and_notices_before_host_mails(
    server: PickyServer,
) -> None:
    post("3@fine.example", urgency=Mail.Urgency.BULK)
    post("2@fine.example")
    post("1@fine.example", urgency=Mail.Urgency.CODE)
    delivery.deliver_due()
    assert [address[0] for address in server.recipients()] == ["1", "2", "3"]


def test_recipient_whose_server_hangs_does_not_stop_the_others(
    server: PickyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = EmailMultiAlternatives.send

    def hanging(message: EmailMultiAlternatives) -> int:
        if message.to[0].endswith("@hangs.example"):
            raise TimeoutError
        return real(message)

    monkeypatch.setattr(EmailMultiAlternatives, "send", hanging)
    for number in range(2):
        post(f"{number}@hangs.example", urgency=Mail.Urgency.CODE)
    post("a@fine.example")
    delivery.deliver_due()
    assert server.recipients() == ["a@fine.example"]


@pytest.mark.parametrize("end", ["deleted", "switched off"])
def test_deleted_or_deactivated_account_gets_no_mail(
    server: PickyServer, make_user: Callable[..., User], end: str
) -> None:
    bob = make_user("bob")
    post(bob.email, user=bob)
    if end == "deleted":
        account_changes.delete_account(bob)
    else:
        User.objects.update(is_active=False)
    delivery.deliver_due()
    about = [str(message["Subject"]) for _, message in server.kept]
    assert about == (["Your account was deleted"] if end == "deleted" else [])
    assert not Mail.objects.waiting().exists()


def test_mail_is_sent_at_most_twice_when_workers_die(
    server: PickyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The workers die after the server accepted the mail, before its row is deleted."""

    class WorkerDied(BaseException):
        pass

    def die(*_: object) -> None:
        raise WorkerDied

    mail = post("a@fine.example")
    monkeypatch.setattr(delivery, "_record", die)
    for _ in range(2):
        with pytest.raises(WorkerDied):
            delivery.deliver_due()
        for rows in (Mail.objects, MailServer.objects):
            rows.update(claimed_until=None)  # the leases have expired
    delivery.deliver_due()
    assert server.recipients() == ["a@fine.example"] * 2
    assert status_of(mail) == "expired"


def test_two_workers_send_it_once(server: PickyServer) -> None:
    mail = post("a@fine.example")
    assert claims.claim(Mail.objects.due(), mail.pk, lease=timedelta(minutes=1))
    assert delivery.deliver(mail.pk) is None
    assert not server.kept


@contextmanager
def trickling_server(words: bytes) -> Iterator[int]:
    """Run a server that keeps each client waiting with a few bytes at a time. Yield its port."""
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
def test_trickling_server_counts_as_unreachable(
    words: bytes, server: PickyServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "MAIL_LIMIT", timedelta(seconds=0.5))
    mail = post("a@fine.example")
    started_at = time.monotonic()
    with trickling_server(words) as settings.EMAIL_PORT:
        assert delivery.deliver(mail.pk) is delivery.Outcome.UNREACHABLE
    assert time.monotonic() - started_at < 10
    assert status_of(mail) == "waiting"


def test_job_begins_no_mail_after_its_time(
    server: PickyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        post(f"{number}@fine.example")
    monkeypatch.setattr(delivery, "SENDING_SECONDS", 0.0)
    assert delivery.deliver_due()
    assert len(server.kept) == 1


def test_limit_of_a_job_leaves_time_for_its_last_mail() -> None:
    limit = supervisor_pipe.limit_of("picprocure.send_mails")
    assert timedelta(seconds=delivery.SENDING_SECONDS) + smtp.MAIL_LIMIT < limit
    assert limit < timedelta(minutes=10)


def test_one_worker_sends_at_a_time(server: PickyServer) -> None:
    post("a@fine.example")
    row = MailServer.singleton()
    sender = claims.claim(MailServer.objects.all(), row.pk, lease=timedelta(minutes=1))
    assert sender is not None
    assert not delivery.deliver_due()
    assert not server.kept
    worker_loss.give_back("picprocure.send_mails")  # the sender died
    delivery.deliver_due()
    assert server.recipients() == ["a@fine.example"]


def test_mail_written_while_the_last_one_is_sent_is_sent(
    server: PickyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job of that mail finds the server claimed, so the claiming job has to check again."""
    real = claims.finish

    def finish(row: claims.Claimable, **changes: Any) -> bool:
        if isinstance(row, MailServer):
            post("late@fine.example")
            assert not delivery.deliver_due()
        return real(row, **changes)

    post("a@fine.example")
    monkeypatch.setattr(claims, "finish", finish)
    assert delivery.deliver_due()


def test_neither_address_nor_text_is_readable_in_the_database(server: PickyServer) -> None:
    post("a@grey.example")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM notifications_mail")
        row = b"".join(
            bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
            for value in cursor.fetchone()
        )
    assert b"grey" not in row
    assert b"ABC" not in row


def test_waiting_mail_survives_new_keys(key_file: Path, server: PickyServer) -> None:
    post("a@fine.example")
    sealing.add_key()
    outbox.reseal_waiting()
    sealing.drop_old_keys()
    delivery.deliver_due()
    assert server.recipients() == ["a@fine.example"]


def test_bad_address_does_not_stop_a_host_mail_to_others(
    full_world: World, server: PickyServer, settings: Any
) -> None:
    settings.EVENT_MAILERS = "everyone"
    full_world.event.host_mails.all().delete()
    User.objects.filter(email="bob@example.org").update(email="bob@nosuch.example")
    User.objects.filter(email="held@example.org").update(email="held@grey.example")
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
    assert not User.objects.filter(email="bob@example.org").exists()
    settings.EMAIL_PORT = port
    deliver_later()
    assert sorted(server.recipients()) == ["bob@example.org", "operator@fine.example"]


def test_maintenance_queues_waiting_mails_and_deletes_old_failed_ones(
    server: PickyServer, quick_worker: None
) -> None:
    post("a@nosuch.example")
    maintenance.sweep()
    assert outbox.undelivered().count == 1
    post("a@fine.example")
    Mail.objects.undelivered().update(written_at=timezone.now() - timedelta(days=8))
    maintenance.sweep()
    assert server.recipients() == ["a@fine.example"]
    assert not Mail.objects.exists()


def test_jobs_contain_no_mail_and_no_address(
    server: PickyServer, monkeypatch: pytest.MonkeyPatch, make_user: Callable[..., User]
) -> None:
    jobs: list[Any] = []
    monkeypatch.setattr(
        "picprocure.pipeline.queue.app.send_task", lambda *a, **k: jobs.append((a, k))
    )
    account_changes.delete_account(make_user("bob"))
    assert jobs == [(("picprocure.send_mails",), {"args": []})]
