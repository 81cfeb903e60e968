"""Decoders end when they take too much, and pictures end nothing else."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from picprocure.faces import errors as faces_errors
from picprocure.imaging import sandbox, sandbox_results
from picprocure.imaging.errors import Busy, GaveUp, ImageTooLarge, TooLarge
from picprocure.imaging.kinds import ImageKind
from picprocure.imaging.sandbox import MAX_STRIKES, Decoders, Limits, Person, served
from picprocure.imaging.sandbox_results import Failed, Unexpected, answer_in, packed
from picprocure.photos import errors as photos_errors

from . import tasks

MEGAPIXEL = 1_000_000


@pytest.fixture
def decoders() -> Iterator[Decoders]:
    made = Decoders(count=2, wait_seconds=0.2)
    yield made
    made.end()


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MIN_SECONDS", 0.5)
    monkeypatch.setattr(sandbox, "PATIENCE", 2)


def ask(decoders: Decoders, function: Callable[..., Any], *args: Any) -> Any:
    with decoders.decoder() as decode:
        return decode(MEGAPIXEL, function, *args)


def test_a_decoder_answers_one_question_after_the_other(decoders: Decoders) -> None:
    assert ask(decoders, tasks.add, 2, 3) == 5
    assert ask(decoders, tasks.pid) == ask(decoders, tasks.pid) != os.getpid()


def test_an_error_is_raised_where_it_was_asked_for(decoders: Decoders) -> None:
    first = ask(decoders, tasks.pid)
    with pytest.raises(TooLarge, match="3 by 4") as refused:
        ask(decoders, tasks.refuse)
    assert (refused.value.width, refused.value.height) == (3, 4)
    with pytest.raises(Unexpected, match="a fault of ours"):
        ask(decoders, tasks.stumble)
    assert ask(decoders, tasks.pid) == first


ENDS: dict[str, Callable[[Decoders], Any]] = {
    "time": lambda decoders: ask(decoders, tasks.spin),
    "the clock": lambda decoders: ask(decoders, tasks.rest, 60),
    "memory": lambda decoders: ask(decoders, tasks.fill, 2_000_000_000),
    "a crash": lambda decoders: ask(decoders, tasks.die),
    "an exit": lambda decoders: ask(decoders, tasks.leave),
    "an answer that calls": lambda decoders: ask(decoders, tasks.take_over),
    "an answer that calls us": lambda decoders: ask(decoders, tasks.take_over_by_us),
}


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("way", ENDS)
def test_whatever_ends_a_decoder_the_next_picture_is_decoded(way: str, decoders: Decoders) -> None:
    first, begun = ask(decoders, tasks.pid), time.monotonic()
    with pytest.raises(GaveUp, match="more time or memory than a photo needs"):
        ENDS[way](decoders)
    assert time.monotonic() - begun < 30
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    assert ask(decoders, tasks.pid) != first


def test_a_decoder_that_was_killed_at_rest_is_replaced(decoders: Decoders) -> None:
    first = ask(decoders, tasks.pid)
    os.kill(first, signal.SIGKILL)
    time.sleep(0.1)
    assert ask(decoders, tasks.pid) != first


def test_a_picture_whose_decoder_was_killed_is_tried_once_more(
    decoders: Decoders, tmp_path: Path
) -> None:
    assert ask(decoders, tasks.killed_once, str(tmp_path))
    with pytest.raises(GaveUp):
        ask(decoders, tasks.killed)


def test_a_decoder_that_keeps_memory_makes_room_for_another(decoders: Decoders) -> None:
    first = ask(decoders, tasks.keep, 220_000_000)
    assert ask(decoders, tasks.pid) != first


def test_a_decoder_gets_neither_settings_nor_files(
    decoders: Decoders, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PICPROCURE_FACE_KEYS", "secret")
    assert "secret" not in ask(decoders, tasks.environment).values()
    with pytest.raises((GaveUp, Unexpected)):
        ask(decoders, tasks.write, str(tmp_path / "file"))


def test_few_decoders_work_at_once_and_further_requests_are_refused_soon(
    decoders: Decoders,
) -> None:
    with decoders.decoder(), decoders.decoder():
        begun = time.monotonic()
        with pytest.raises(Busy):
            ask(decoders, tasks.pid)
        assert time.monotonic() - begun < 10
    assert ask(decoders, tasks.pid)


def test_only_some_wait(decoders: Decoders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "MAX_WAITING", 0)
    decoders.wait_seconds = 60
    with decoders.decoder(), decoders.decoder(), pytest.raises(Busy):
        ask(decoders, tasks.pid)


def test_a_place_is_given_to_one_who_waits(decoders: Decoders) -> None:
    decoders.wait_seconds = 20
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(ask, decoders, tasks.rest, 0.02) for _ in range(24)]
        assert len({future.result() for future in asked}) == 2


def test_one_person_leaves_a_decoder_for_other_people(decoders: Decoders) -> None:
    def as_person(key: int) -> int:
        served.set(Person(key))
        return int(ask(decoders, tasks.rest, 0.05))

    served_before = served.set(Person(1))
    try:
        with decoders.decoder(), ThreadPoolExecutor(2) as threads:
            assert threads.submit(as_person, 2).result()
            with pytest.raises(Busy):
                threads.submit(as_person, 1).result()
    finally:
        served.reset(served_before)


def test_after_some_that_end_their_decoder_a_request_gets_no_more(decoders: Decoders) -> None:
    person = Person("mallory")
    before = served.set(person)
    try:
        for _ in range(MAX_STRIKES):
            with pytest.raises(GaveUp):
                ask(decoders, tasks.die)
        with pytest.raises(GaveUp, match="other photos sent with it"):
            ask(decoders, tasks.add, 1, 2)
    finally:
        served.reset(before)
    assert person.strikes == MAX_STRIKES
    assert ask(decoders, tasks.add, 1, 2) == 3


def test_processes_that_fork_have_decoders_of_their_own(decoders: Decoders) -> None:
    first = ask(decoders, tasks.pid)
    decoders._idle, kept = list(decoders._idle), list(decoders._idle)
    decoders.forget()
    second = ask(decoders, tasks.pid)
    assert second != first
    for child in kept:
        child.end()


def test_children_end_with_those_who_ask(decoders: Decoders) -> None:
    child = ask(decoders, tasks.pid)
    (idle,) = decoders._idle
    idle._connection.close()
    assert idle._process.wait(timeout=60) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def refusals() -> list[Exception]:
    return [
        photos_errors.TooManyPixels("a", width=9_000, height=9_000, max_pixels=1_000_000),
        photos_errors.UnsupportedKind("a", description="a thing", way_out="Go."),
        photos_errors.DamagedPhoto("a", "it is torn"),
        ImageTooLarge("a", 1, 2, 3),
        faces_errors.SeveralFacesFound(2),
    ]


@pytest.mark.parametrize("error", refusals(), ids=lambda error: type(error).__name__)
def test_errors_arrive_as_they_left(error: Exception) -> None:
    failed = answer_in(packed(error))
    assert isinstance(failed, Failed)
    assert type(failed.error) is type(error)
    assert str(failed.error) == str(error)
    assert vars(failed.error) == vars(error)


def found(name: str, module: str = "picprocure.imaging.sandbox") -> bytes:
    return f"c{module}\n{name}\n".encode()


KIND = found("ImageKind", "picprocure.imaging.kinds")
CHANGE = b"N}\x8c\x07strikesKcs\x86b"  # (None, {"strikes": 99}), and BUILD
VALUE = b"}\x8c\x07_value_\x8c\x04evilsb"
TAMPERING = {
    "a class": found("Person") + CHANGE,
    "the class of an error": found("Busy", "picprocure.imaging.errors") + CHANGE,
    "a kind of enumeration": KIND + CHANGE,
    "a member of one": KIND + b"\x8c\x04jpeg\x85R" + VALUE,
    "a record that is called into being": found("Person") + b"K\x01\x85R",
    "the same in an older way": b"(K\x01ipicprocure.imaging.sandbox\nPerson\n",
    "and in another": b"(" + found("Person") + b"K\x01o",
    "an error that is none": found("Failed", "picprocure.imaging.sandbox_results")
    + b")\x81]("
    + KIND
    + b"\x8c\x04jpeg\x85}\x8c\x07_value_\x8c\x04evilseb",
    "what was not loaded": found("Anything", "picprocure.cli.__main__"),
}


@pytest.mark.parametrize("way", TAMPERING)
def test_an_answer_changes_nothing_of_the_asker(way: str) -> None:
    member = ImageKind("jpeg")
    with pytest.raises((pickle.UnpicklingError, GaveUp, KeyError)):
        _ = answer_in(b"\x80\x05" + TAMPERING[way] + b".").error
    assert Person("bob").strikes == 0
    assert not hasattr(Busy, "strikes")
    assert (member.value, ImageKind("jpeg")) == ("jpeg", member)
    assert "picprocure.cli.__main__" not in sys.modules


@dataclass(frozen=True, slots=True)
class Answer:
    kind: ImageKind
    at: datetime


def test_records_kinds_and_times_arrive_as_they_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_results, "_OUR_OWN", (__name__, "picprocure."))
    taken_at = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    sent = [Answer(ImageKind.JPEG, taken_at), {"a": (1, None)}, bytearray(b"pixels" * 100_000)]
    assert answer_in(packed(sent)) == sent


def test_limits_grow_with_what_is_allowed() -> None:
    frame, photo = Limits.for_pixels(1_500_000), Limits.for_pixels(100_000_000)
    assert (frame.seconds, photo.seconds) == (6, 30)
    assert (frame.memory, photo.memory) == (292_000_000, 2_656_000_000)


def test_threads_that_start_at_once_share_the_decoders() -> None:
    decoders, pids = Decoders(count=2, wait_seconds=30), set[int]()
    threads = [
        threading.Thread(target=lambda: pids.add(ask(decoders, tasks.pid))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    decoders.end()
    assert 1 <= len(pids) <= 2
