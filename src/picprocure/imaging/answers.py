"""What a process that decodes sends back.

It may have been taken over by the picture that it decoded, so its answers are not trusted: of
classes only records, enumerations and errors of this project can come out of them.
"""

from __future__ import annotations

import dataclasses
import enum
import io
import pickle
from dataclasses import dataclass
from typing import Any, Final

from picprocure.imaging.errors import GaveUp

READY: Final = "ready"

_OUR_OWN: Final = "picprocure."
_PLAIN: Final = frozenset(
    {("datetime", "datetime"), ("datetime", "timedelta"), ("datetime", "timezone")}
)


@dataclass(frozen=True, slots=True)
class Failed:
    """An error, without what it takes to make it: that would be asked for other arguments."""

    kind: type[Exception]
    args: tuple[Any, ...]
    details: dict[str, Any]

    @classmethod
    def of(cls, error: Exception) -> Failed:
        return cls(type(error), error.args, vars(error))

    @property
    def error(self) -> Exception:
        error = self.kind.__new__(self.kind, *self.args)
        error.args = self.args
        vars(error).update(self.details)
        return error


def packed(answer: object) -> bytes:
    """Errors that are not of this project become their text: each is a fault of ours."""
    if isinstance(answer, MemoryError):
        answer = GaveUp()
    if isinstance(answer, Exception):
        is_ours = _is_ours(type(answer))
        answer = Failed.of(answer if is_ours else Unexpected(repr(answer)))
    return pickle.dumps(answer, protocol=5)


def answer_in(content: bytes) -> Any:
    return _Answers(io.BytesIO(content)).load()


class Unexpected(Exception):
    """An error that no picture should cause; the message is its text."""


class _Answers(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if _may_be_looked_up(module, name) else None
        if found is None or not ((module, name) in _PLAIN or _is_ours(found)):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")
        return found


def _may_be_looked_up(module: str, name: str) -> bool:
    return (module, name) in _PLAIN or (module.startswith(_OUR_OWN) and "." not in name)


def _is_ours(kind: object) -> bool:
    return (
        isinstance(kind, type)
        and kind.__module__.startswith(_OUR_OWN)
        and (issubclass(kind, (Exception, enum.Enum)) or dataclasses.is_dataclass(kind))
    )
