"""A log without personal data, also in the records of libraries.

The text of an exception quotes values. A mail server's refusal contains the address, PostgreSQL's
`IntegrityError` the row, and a store's error the key. So each record is cleaned when it is created,
before any handler sees it. Exceptions are reduced to their class, their codes and the places in the
code. Addresses, storage keys and secrets of links are replaced in all other text.

Our own exceptions whose text is only about the site set `is_safe_to_log = True`.
"""

from __future__ import annotations

import errno
import logging
import logging.config
import re
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, Final

# Attributes in which libraries keep error codes: of SMTP, PostgreSQL, SQLite and HTTP.
_CODES: Final = ("smtp_code", "sqlstate", "sqlite_errorname", "status_code")
_CODE: Final = re.compile(r"[A-Z0-9_]{1,40}")

_ID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# An address may contain nearly any character: o'brien@…, a/b@…, bob=x@…, "a b"@…, bob@localhost,
# bob@[192.0.2.1]. Text around it may be replaced, too, but not the path of a request.
_QUERY_BEFORE: Final = (
    r"(?P<kept>\b(?:GET|HEAD|POST) /[^\s?@]*\?(?:[^\s=&@]*=[^\s&@]*&)*[^\s=&@]*=)?"
)
_LOCAL_PART: Final = r"(?:\"[^\"\n]{1,320}\"|[^\s<>\"(),;:@'=/][^\s<>\"(),;:@]{0,320})"
_DOMAIN: Final = r"(?:\[[^\]\s]*\]|[\w%-]+(?:\.[\w%-]+)*)"
_PATTERNS: Final = (
    (r"\g<kept><address>", re.compile(_QUERY_BEFORE + _LOCAL_PART + r"(?:@|%40)" + _DOMAIN)),
    (
        "<key>",
        re.compile(
            rf"(?:events/{_ID}/(?:photos/{_ID}|covers)|published/{_ID}|references|choices/\d+)"
            r"/[^\s\"']+"
        ),
    ),
    (
        "<secret>",
        re.compile(
            r"(?:(?<=invitation/)|(?<=/i/)|(?<=sig=)|(?<=Signature=))[^/&\s\"']+", re.IGNORECASE
        ),
    ),
)

# In paths and queries, replace everything that looks like a secret of a link. Invitations' tokens
# are as long, and have upper and lower case. One in ten million tokens has only one of these. There
# are also short codes. Links to refuse invitations and to host contain the digest of an address.
_PATH: Final = re.compile(r"[/=][^\s\"']*")
_TOKEN: Final = re.compile(
    r"[0-9a-fA-F]{64}[\w%:-]*"
    rf"|(?<![\w%-])(?!{_ID}(?![\w%-]))(?=[\w%-]*[A-Z])(?=[\w%-]*[a-z])[\w%-]{{32,}}"
    r"|(?:(?<![A-Za-z0-9-])|(?<=%2F)|(?<=%2f))[A-Za-z0-9]{4}-[A-Za-z0-9]{4}-[A-Za-z0-9]{4}(?![A-Za-z0-9-])"
)

# Log arguments in which Celery repeats the exception of a failed job as text.
_CELERY_ARGUMENTS: Final = ("exc", "traceback", "args", "kwargs")


class CleanRecord(logging.LogRecord):
    """A log record without the text of an exception."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        error = self.exc_info[1] if self.exc_info else None
        if error is not None:
            self.exc_text = "\n".join(_traceback(error))  # formatters use this text unchanged
        self.args = _clean_arguments(self.args, error)
        try:
            self.msg, self.args = _black_out(self.getMessage()), ()
        except (TypeError, ValueError, KeyError):  # the arguments don't match the message
            self.msg, self.args = _black_out(str(self.msg)), ()


def configure(config: dict[str, Any]) -> None:
    """Set up logging, as Django's LOGGING_CONFIG."""
    logging.setLogRecordFactory(CleanRecord)
    logging.config.dictConfig(config)
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = _log_thread_error
    if sys.unraisablehook is sys.__unraisablehook__:
        sys.unraisablehook = _log_unraisable_error


def describe(error: BaseException) -> str:
    """Return an exception's class and codes, and its text if that is safe to log."""
    kind = type(error)
    name = (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
    codes = ", ".join(_codes(error))
    text = f": {error}" if getattr(kind, "is_safe_to_log", False) else ""
    return f"{name}{f' ({codes})' if codes else ''}{text}"


def _codes(error: BaseException) -> Iterator[str]:
    if isinstance(error, OSError) and isinstance(error.errno, int):
        yield errno.errorcode.get(error.errno, str(error.errno))
    for name in _CODES:
        code = getattr(error, name, None)
        if isinstance(code, int) or (isinstance(code, str) and _CODE.fullmatch(code)):
            yield str(code)
    refused = getattr(error, "recipients", None)  # SMTPRecipientsRefused: replies by address
    if isinstance(refused, Mapping):
        yield from sorted({str(int(reply[0])) for reply in refused.values()})


def _traceback(error: BaseException) -> Iterator[str]:
    """Format a traceback as Python prints it, but without the exceptions' texts."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _traceback(cause)
        yield "\nwhich led to:\n"
    if error.__traceback__:
        yield "Traceback (most recent call last):"
        yield "".join(traceback.format_tb(error.__traceback__)).rstrip()
    yield describe(error)
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _traceback(inner)


def _clean_arguments(arguments: Any, error: BaseException | None) -> Any:
    if isinstance(arguments, Mapping):
        description = describe(error) if error else "an error"
        changes = dict.fromkeys(_CELERY_ARGUMENTS, description)
        return {name: changes.get(name, _clean(value)) for name, value in arguments.items()}
    return tuple(map(_clean, arguments)) if arguments else arguments


def _clean(value: Any) -> Any:
    error = getattr(value, "exception", value)  # Celery wraps exceptions
    return describe(error) if isinstance(error, BaseException) else value


def _black_out(text: str) -> str:
    for replacement, pattern in _PATTERNS:
        text = pattern.sub(replacement, text)
    return _PATH.sub(lambda path: _TOKEN.sub("<secret>", path[0]), text)


def _log_thread_error(thread: threading.ExceptHookArgs) -> None:
    if thread.exc_value is not None and not isinstance(thread.exc_value, SystemExit):
        logging.getLogger(__name__).error("A thread ended.", exc_info=thread.exc_value)


def _log_unraisable_error(unraisable: Any) -> None:
    if unraisable.exc_value is not None:
        logging.getLogger(__name__).error("An error during cleanup.", exc_info=unraisable.exc_value)
