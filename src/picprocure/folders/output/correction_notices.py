"""What the person who runs a sort should know about their own decisions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from picprocure.folders.corrections.by_hand import listed
from picprocure.folders.corrections.types import Answer, Source
from picprocure.folders.names import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from picprocure.folders.corrections.types import Correction
    from picprocure.folders.outcome import Outcome

_MOST_CONTRADICTIONS: Final = 10

_WORDS: Final = {
    (Source.FOLDERS, Answer.IS): "you put it into the folder of {}",
    (Source.FOLDERS, Answer.GIVEN): "you put it into the folder of {}",
    (Source.FOLDERS, Answer.WITHHELD): "you took it from the folder of {}",
    (Source.FOLDERS, Answer.IS_NOT): "you decided that a face is not {}",
    (Source.PAGE, Answer.IS): "you marked a face as {} on the page",
    (Source.PAGE, Answer.IS_NOT): "you marked a face as not {} on the page",
    (Source.PAGE, Answer.GIVEN): "you gave it to {} on the page",
    (Source.PAGE, Answer.WITHHELD): "you took it from {} on the page",
}
_NO_FACE: Final = "you marked a place as not a face"


def in_words(one: Correction) -> str:
    """Return a decision about a photo as a printable clause."""
    words = _WORDS.get((one.source, one.answer), _NO_FACE)
    return words.format(printable(one.person or ""))


def about_corrections(outcome: Outcome) -> Iterator[str]:
    yield from _about_recorded(outcome.recorded)
    yield from _about_contradictions(outcome)
    bound = outcome.corrections
    if bound.unbound:
        yield (
            f"{_decisions(bound.unbound)} about a face that is not found any more, in "
            f"{_photos(bound.unbound)}. Photos stay with the people they were given to, and are "
            "kept from the people they were refused to."
        )
    if bound.unused:
        people = sorted({one.person or "" for one in bound.unused})
        yield (
            f"{_decisions(bound.unused)} kept but not used, because these people are not in the "
            f"people folder: {listed(people)}."
        )
    if bound.absent:
        yield f"{_decisions(bound.absent)} about photos that are not in the photos folder."


def _about_recorded(recorded: Iterable[Correction]) -> Iterator[str]:
    taken = Counter(one.person or "" for one in recorded if one.answer is Answer.WITHHELD)
    put = Counter(one.person or "" for one in recorded if one.answer is not Answer.WITHHELD)
    parts = [f"{_count(number)} taken from {printable(name)}" for name, number in taken.items()]
    parts += [f"{_count(number)} given to {printable(name)}" for name, number in put.items()]
    if parts:
        yield f"You changed the folders by hand: {', '.join(parts)}. This stays so."


def _about_contradictions(outcome: Outcome) -> Iterator[str]:
    contradictions = outcome.settled.contradictions
    for first, second in contradictions[:_MOST_CONTRADICTIONS]:
        people = sorted({one.person for one in (first, second) if one.person})
        names = " and ".join(map(printable, people))
        yield (
            f"{printable(first.name)}: {in_words(first)}, and {in_words(second)}. These contradict "
            f"each other, so {names} {'do' if len(people) > 1 else 'does'}n't get the photo. Undo "
            "one of them on the page."
        )
    more = len(contradictions) - _MOST_CONTRADICTIONS
    if more > 0:
        yield f"{more:,} more decisions contradict each other. The page lists all."


def _count(number: int) -> str:
    return f"{number:,} photo{'' if number == 1 else 's'}"


def _decisions(corrections: list[Correction]) -> str:
    count = len(corrections)
    return "1 decision is" if count == 1 else f"{count:,} decisions are"


def _photos(corrections: list[Correction]) -> str:
    return listed(sorted({one.name for one in corrections}))
