"""What a person does from one page to another: fields, characters and taps."""

from __future__ import annotations

from dataclasses import dataclass

from browser.visitor import Visitor

_COUNTING = """
const count = (name, number) => {
  const effort = JSON.parse(sessionStorage.effort ?? "{}");
  effort[name] = (effort[name] ?? 0) + number;
  sessionStorage.effort = JSON.stringify(effort);
};
const typed = "input:not([type=hidden], [type=checkbox], [type=file])";
document.addEventListener("click", () => count("taps", 1), true);
document.addEventListener("submit", (event) => {
  const fields = [...event.target.elements].filter((one) => one.matches(typed) && one.value);
  count("fields", fields.length);
  count("characters", fields.reduce((sum, one) => sum + one.value.length, 0));
}, true);
"""
_TAP_SECONDS = 1.1  # to point at a place (Card, Moran and Newell 1980)
_CHARACTER_SECONDS = 0.3  # on a phone: about 36 words a minute (Palin and others 2019)


@dataclass(frozen=True)
class Effort:
    fields: int
    characters: int
    taps: int

    @property
    def seconds(self) -> float:
        """The time for typing and tapping, without reading and waiting."""
        taps = self.taps + self.fields  # into each field
        return taps * _TAP_SECONDS + self.characters * _CHARACTER_SECONDS


def count_effort(visitor: Visitor) -> None:
    """Count from the next page on."""
    visitor.context.add_init_script(_COUNTING)


def effort_of(visitor: Visitor) -> Effort:
    return Effort(**visitor.page.evaluate("JSON.parse(sessionStorage.effort)"))
