"""Guest lists as people have them: lines of names and addresses, or a spreadsheet's CSV."""

from __future__ import annotations

import csv
import re
import unicodedata
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from picprocure.accounts.emails import canonical_address
from picprocure.accounts.invisible_characters import remove_invisible

_IN_BRACKETS: Final = re.compile(r"^(?P<name>[^<>]*)<(?P<email>[^<>]+)>$")
_LONGEST_NAME: Final = 160
_LONGEST_LINE: Final = 1000


def read_guests(text: str) -> dict[str, str]:
    """Return names, which may be empty, by address in lower case.

    Each line has an address, and maybe names before or after it. They are separated by commas,
    semicolons or tabs, or the address is in angle brackets. A line without an address may only be
    the first one, as the heads of columns.

    Raises:
        ValueError: A line is too long, or doesn't have exactly one address. The message names it.
    """
    guests: dict[str, str] = {}
    lines = [_without_controls(line).strip() for line in remove_invisible(text).splitlines()]
    for number, line in enumerate(filter(None, lines)):
        if len(line) > _LONGEST_LINE:
            raise ValueError(
                f"“{line[:80]}…” has {len(line):,} characters; the limit for a line is "
                f"{_LONGEST_LINE:,}. Put each guest on a line of its own. Nothing was added."
            )
        cells = _cells(line)
        emails = [cell for cell in cells if _is_email(cell)]
        if not emails and number == 0 and len(cells) > 1 and "@" not in line:
            continue
        if len(emails) != 1:
            problem = "has several e-mail addresses" if emails else "has no valid e-mail address"
            raise ValueError(f"“{line[:80]}” {problem}. Correct it. Nothing was added.")
        names = " ".join(cell for cell in cells if cell not in emails and "@" not in cell)
        guests.setdefault(_canonical(emails[0]), names[:_LONGEST_NAME])
    return guests


def _without_controls(line: str) -> str:
    """Remove control characters, which databases and mails don't take. Tabs separate cells."""
    return "".join(
        character
        for character in line
        if character == "\t" or unicodedata.category(character) != "Cc"
    )


def _cells(line: str) -> list[str]:
    if found := _IN_BRACKETS.match(line):
        return [found["name"].strip(" \"',"), found["email"].strip()]
    separator = next((mark for mark in "\t;" if mark in line), ",")
    try:
        (cells,) = csv.reader([line], delimiter=separator)
    except csv.Error as error:
        raise ValueError(
            f"“{line[:80]}” can't be read as CSV. Check its quotes. Nothing was added."
        ) from error
    return [" ".join(cell.split()) for cell in cells if cell.strip()]


def _canonical(email: str) -> str:
    try:
        return canonical_address(email)
    except ValidationError as error:
        raise ValueError(f"“{email[:80]}”: {error.messages[0]} Nothing was added.") from error


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
