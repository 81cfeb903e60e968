"""Pack and read the answers of a process that decodes.

A picture may have taken over that process, so its answers are not trusted. They can only contain
records, enumerations and errors of this project. Reading an answer calls only enumerations and
classes for times. It changes only new records, since the whole process shares classes and
enumerations.
"""

from __future__ import annotations

import dataclasses
import enum
import io
import pickle
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from picprocure.imaging.errors import GaveUp

if TYPE_CHECKING:
    from collections.abc import Callable

READY: Final = "ready"

_OUR_OWN: Final = "picprocure."
_PLAIN: Final = frozenset(
    {("datetime", "datetime"), ("datetime", "timedelta"), ("datetime", "timezone")}
)

_KNOWN: Final = pickle._Unpickler.dispatch  # noqa: SLF001
_REFUSED: Final = frozenset(
    code[0]
    for code in (pickle.INST, pickle.OBJ, pickle.NEWOBJ_EX, pickle.EXT1, pickle.EXT2, pickle.EXT4)
)
"""Opcodes that call something in other ways. Our answers don't use them."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The parts of an error, from which it can be made without calling its `__init__`."""

    kind: type[Exception]
    args: tuple[Any, ...]
    details: dict[str, Any]

    @classmethod
    def of(cls, error: Exception) -> Failed:
        return cls(type(error), error.args, vars(error))

    @property
    def error(self) -> Exception:
        """Return the error, if its class is one of this project. Raise GaveUp otherwise."""
        if not (_is_ours(self.kind) and issubclass(self.kind, Exception)):
            raise GaveUp
        error = self.kind.__new__(self.kind, *self.args)
        error.args = self.args
        vars(error).update(self.details)
        return error


def packed(answer: object) -> bytes:
    """Pack an answer. Errors from outside this project are bugs, so only their text is kept."""
    if isinstance(answer, MemoryError):
        answer = GaveUp()
    if isinstance(answer, Exception):
        is_ours = _is_ours(type(answer))
        answer = Failed.of(answer if is_ours else Unexpected(repr(answer)))
    return pickle.dumps(answer, protocol=5)


def answer_in(content: bytes) -> Any:
    """Return the answer that was packed.

    Raises:
        UnpicklingError: It has something that an answer may not have.
    """
    return _Answers(io.BytesIO(content)).load()


class Unexpected(Exception):
    """An error that no picture should cause. The message is the text of the original error."""


class _Answers(pickle._Unpickler):  # noqa: SLF001
    """An unpickler based on Python's own in Python, since the one in C can't be restricted so."""

    # These are missing from the type stubs.
    stack: list[Any]
    load_reduce: Callable[[], None]
    load_build: Callable[[], None]

    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name) if _may_be_looked_up(module, name) else None
        if found is None or not ((module, name) in _PLAIN or _is_ours(found)):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")
        return found

    def _call(self) -> None:
        kind = self.stack[-2]
        if not (isinstance(kind, type) and (issubclass(kind, enum.Enum) or _is_plain(kind))):
            raise pickle.UnpicklingError(f"{kind!r} is not to be called by an answer")
        self.load_reduce()

    def _fill(self) -> None:
        record = self.stack[-2]
        if isinstance(record, (type, enum.Enum)) or not dataclasses.is_dataclass(record):
            raise pickle.UnpicklingError(f"{record!r} is not to be changed by an answer")
        self.load_build()

    dispatch: ClassVar[dict[int, Any]] = {
        code: load for code, load in _KNOWN.items() if code not in _REFUSED
    } | {
        pickle.REDUCE[0]: _call,
        pickle.BUILD[0]: _fill,
    }


def _may_be_looked_up(module: str, name: str) -> bool:
    """Return whether a class may be loaded.

    Its module must be loaded already, since loading a module runs it.
    """
    is_ours = module.startswith(_OUR_OWN) and module in sys.modules and "." not in name
    return (module, name) in _PLAIN or is_ours


def _is_plain(kind: type) -> bool:
    return (kind.__module__, kind.__qualname__) in _PLAIN


def _is_ours(kind: object) -> bool:
    return (
        isinstance(kind, type)
        and kind.__module__.startswith(_OUR_OWN)
        and (issubclass(kind, (Exception, enum.Enum)) or dataclasses.is_dataclass(kind))
    )
