"""Whatever fails: the log has the error and its place in the code, and no personal data."""

from __future__ import annotations

import io
import logging
import secrets
import smtplib
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from aiosmtpd.controller import Controller
from allauth.account.models import EmailAddress
from botocore.exceptions import ClientError
from celery import shared_task
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from browser.patience import free_port
from picprocure.accounts.models import User
from picprocure.config.logs import CleanRecord
from picprocure.events.invitation_mails import refusal_token, sign_up_token
from picprocure.events.invitations import TOKEN_BYTES, code_of
from picprocure.storage.errors import StoreUnavailable
from picprocure.web.pages import views as pages

ADDRESS = "bob.address@example.org"
NAME = "Bobbington"
KEY = "references/0b7f1c1e-9a40-4a8e-8d8e-0e5d6f1c2a3b.sealed"
SECRETS = (ADDRESS, "bob.address%40example.org", NAME, KEY, "a-secret-token")

logger = logging.getLogger("some.library")


class Refusing:
    """A mail server that knows no mailbox, and quotes address and name in its refusal."""

    async def handle_RCPT(self, _server, _session, _envelope, address, _options):  # type: ignore[no-untyped-def] # noqa: N802
        return f"550 5.1.1 <{address}>: no mailbox of {NAME} here"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Capture the log as a handler that a library adds would write it."""
    assert logging.getLogRecordFactory() is CleanRecord
    handler = logging.StreamHandler(stream := io.StringIO())
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def refused_mail() -> None:
    server = Controller(Refusing(), hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        backend = "django.core.mail.backends.smtp.EmailBackend"
        connection = get_connection(backend, host="127.0.0.1", port=server.port, timeout=5)
        EmailMessage("Hello", "Bob", to=[ADDRESS], connection=connection).send()
    finally:
        server.stop()


def refused_sender() -> None:
    raise smtplib.SMTPSenderRefused(451, f"greylisted {ADDRESS}".encode(), ADDRESS)


def unknown_key() -> None:
    dict[str, int]()[ADDRESS]


def store_error() -> None:
    problem = {"Error": {"Code": "NoSuchKey", "Message": f"{KEY} of {NAME}"}}
    raise ClientError(problem, "GetObject")


def missing_file() -> None:
    with open(f"/nowhere/{KEY}"):  # noqa: PTH123
        pass


def explicitly_chained() -> None:
    try:
        unknown_key()
    except KeyError as error:
        raise ValueError(f"{NAME} can't be read") from error


def implicitly_chained() -> None:
    try:
        unknown_key()
    except KeyError:
        int(NAME)


def exception_group() -> None:
    raise ExceptionGroup(NAME, [KeyError(ADDRESS), OSError(28, "full", KEY)])


def exception_with_note() -> None:
    error = RuntimeError(NAME)
    error.add_note(f"while writing to {ADDRESS}")
    raise error


@pytest.mark.parametrize(
    ("fails", "description"),
    [
        (refused_mail, "smtplib.SMTPRecipientsRefused (550)"),
        (refused_sender, "smtplib.SMTPSenderRefused (451)"),
        (unknown_key, "KeyError"),
        (store_error, "botocore.exceptions.ClientError"),
        (missing_file, "FileNotFoundError (ENOENT)"),
        (explicitly_chained, "KeyError\n\nwhich led to:"),
        (implicitly_chained, "KeyError\n\nwhich led to:"),
        (exception_group, "OSError (ENOSPC)"),
        (exception_with_note, "RuntimeError"),
    ],
)
def test_exception_is_logged_by_class_code_and_place(
    log: io.StringIO, fails: Callable[[], None], description: str
) -> None:
    try:
        fails()
    except Exception as error:
        logger.exception("This failed: %s", error)  # noqa: TRY401 -- as some libraries do
        logger.warning("And this: %r", error)
    output = log.getvalue()
    assert description in output
    assert f"in {fails.__name__}" in output  # where in the code
    assert not [secret for secret in SECRETS if secret in output]


def test_text_that_is_safe_to_log_is_logged(log: io.StringIO) -> None:
    logger.error("This failed.", exc_info=StoreUnavailable("S3: EndpointConnectionError."))
    assert "StoreUnavailable: S3: EndpointConnectionError." in log.getvalue()


@pytest.mark.django_db
def test_row_that_the_database_refuses_is_not_logged(log: io.StringIO) -> None:
    """PostgreSQL's message is: Key (user_id, email)=(…) already exists."""
    user = User.objects.create_user(email=ADDRESS, first_name=NAME)
    EmailAddress.objects.create(user=user, email=ADDRESS)
    try:
        with transaction.atomic():
            EmailAddress.objects.create(user=user, email=ADDRESS)
    except IntegrityError:
        logger.exception("No.")
    output = log.getvalue()
    assert "django.db.utils.IntegrityError" in output
    assert "23505" in output or "SQLITE_CONSTRAINT_UNIQUE" in output
    assert ADDRESS not in output


def test_failed_job_is_logged_without_personal_data(log: io.StringIO) -> None:
    @shared_task(name="tests.failing")  # type: ignore[untyped-decorator] # Celery has no types
    def failing(_address: str) -> None:
        raise ValueError(f"{NAME} can't be told at {ADDRESS}")

    failing.apply(args=[ADDRESS])
    output = log.getvalue()
    assert "Task tests.failing" in output
    assert "in failing" in output
    assert not [secret for secret in SECRETS if secret in output]


@pytest.mark.django_db
def test_error_of_a_page_is_logged_without_personal_data(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise ValueError(f"{NAME} at {ADDRESS}")

    monkeypatch.setattr(pages, "render", broken)
    client = Client(raise_request_exception=False)
    assert client.get(f"{reverse('pages:front')}?q={ADDRESS}").status_code == 500
    assert client.get("/bob.address%40example.org/").status_code == 404
    assert client.get("/events/invitation/a-secret-token/").status_code == 404
    output = log.getvalue()
    assert "Internal Server Error: /" in output
    assert "ValueError" in output
    assert not [secret for secret in SECRETS if secret in output]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/Events/Invitation/{}/",
        "/events/INVITATION/{}",
        "/events/invitation/x/{}/",
        "/{}/",
        "/events/{}.html",
        "/events/invitation/,{}/",
        "//invitation//{}",
        "/events/invite/{},{}/x",
        "/account/login/?next=%2Fevents%2Finvitation%2F{}%2F",
    ],
)
def test_token_anywhere_in_a_path_is_replaced(log: io.StringIO, path: str) -> None:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    Client().get(path.format(token, token))
    logger.warning("GET %s HTTP/1.1", path.format(token, token))
    output = log.getvalue()
    assert "<secret>" in output
    assert token not in output


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    ["/i/{}", "/i/{}/", "/I/{}/", "//i//{}", "/{}/", "/x?next=%2Fi%2F{}", "/account/?next=/i/{}/"],
)
def test_short_code_anywhere_in_a_path_is_replaced(log: io.StringIO, path: str) -> None:
    code = code_of("a token")
    Client().get(path.format(code))
    logger.warning("GET %s HTTP/1.1", path.format(code))
    output = log.getvalue()
    assert "<secret>" in output
    assert code not in output


@pytest.mark.parametrize(
    "path",
    [
        "/events/no-invitations/{}/",
        "/EVENTS/NO-INVITATIONS/{}",
        "/events/hosting/{}",
        "/account/login/?next=/events/hosting/{}/",
        "/account/login/?next=%2Fevents%2Fhosting%2F{}%2F",
    ],
)
@pytest.mark.django_db
def test_digest_of_an_address_in_a_link_is_replaced(log: io.StringIO, path: str) -> None:
    for token in (refusal_token(ADDRESS), sign_up_token(ADDRESS)):
        digest, *_, signature = token.split(":")
        for link in (path.format(token), path.format(token.replace(":", "%3A"))):
            Client().get(link)
            logger.warning("GET %s HTTP/1.1", link)
        assert "<secret>" in log.getvalue()
        assert digest not in log.getvalue()
        assert signature not in log.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "/events/0b7f1c1e-9a40-4a8e-8d8e-0e5d6f1c2a3b/photos/",
        "/0b7f1c1e-9a40-4a8e-8d8e-0e5d6f1c2a3b.jpg",
        "/static/bootstrap/dist/css/bootstrap.min.0123456789ab.css",
        "PICPROCURE_WRONG_PASSWORDS_PER_HOUR is unknown",
        "picprocure.recognition.migrations.0017_matched_faces_as_before",
    ],
)
def test_other_text_is_kept(log: io.StringIO, text: str) -> None:
    logger.warning("At %s", text)
    assert text in log.getvalue()


def test_personal_data_in_messages_of_libraries_is_replaced(log: io.StringIO) -> None:
    logger.warning(f"550 <{ADDRESS}> unknown")  # noqa: G004
    logger.warning("stored %s", KEY)
    logger.warning({"to": ADDRESS})
    logger.warning("GET %s", f"/events/0b7f1c1e-9a40-4a8e-8d8e-0e5d6f1c2a3b/?a={ADDRESS}")
    logger.warning("%s and %s: too few arguments", ADDRESS)  # noqa: PLE1206
    output = log.getvalue()
    assert output.count("<address>") == 3
    assert "/events/0b7f1c1e-9a40-4a8e-8d8e-0e5d6f1c2a3b/" in output
    assert not [secret for secret in SECRETS if secret in output]


@pytest.mark.parametrize(
    "address",
    [
        "bob@localhost",
        "bob@[192.168.1.1]",
        "o'brien@example.org",
        "a/b@example.org",
        "bob=x@example.org",
        '"bob the great"@example.org',
        "bob@[IPv6:2001:db8::1]",
        "{bob}|~!#$%&*+-^_`?@example.org",
        "bob%40localhost",
        f"{'bob' * 40}@example.org",
        "bøb@bücher.example",
    ],
)
def test_every_form_of_address_is_replaced_completely(log: io.StringIO, address: str) -> None:
    for text in ("550 <%s> unknown", "no mailbox %s", "mailto:%s", "GET /events/?x=1&to=%s HTTP/1"):
        logger.warning(text, address)
    logger.warning("%r", {"to": address})
    output = log.getvalue()
    assert output.count("<address>") == 5
    assert output.count("550 <<address>> unknown") == 1
    assert output.count("GET /events/?x=1&to=<address> HTTP/1") == 1
    pieces = ("bob", "brien", "a/b", "x@", "192", "2001", "localhost", "example", "great", "bøb")
    assert not [piece for piece in pieces if piece in output]


def test_long_paths_are_cleaned_fast(log: io.StringIO) -> None:
    begun = time.perf_counter()
    for text in ("a=b&" * 2_000, "a" * 8_000, "GET /?a=" * 1_000):
        logger.info("Not Found: /%s", text)
        logger.info("GET /?%s", text)
    assert time.perf_counter() - begun < 20
    assert "<address>" not in log.getvalue()


def test_error_that_ends_a_thread_is_logged_without_personal_data(
    log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    from picprocure.config import logs  # noqa: PLC0415

    monkeypatch.setattr(threading, "excepthook", logs._log_thread_error)
    thread = threading.Thread(target=unknown_key)
    thread.start()
    thread.join()
    assert "KeyError" in log.getvalue()
    assert ADDRESS not in log.getvalue()
