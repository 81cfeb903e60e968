"""Tell on which machines the locks can be installed."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass

OLDEST_MACOS = 14


@dataclass(frozen=True)
class Platform:
    system: str  # "Linux", "Darwin"
    machine: str  # "x86_64", "aarch64", "arm64"
    macos: str  # "14.5"; empty elsewhere

    @classmethod
    def here(cls) -> Platform:
        return cls(platform.system(), platform.machine(), platform.mac_ver()[0])

    def __str__(self) -> str:
        system = f"macOS {self.macos}" if self.system == "Darwin" else self.system
        return f"{system} on {self.machine}, Python {sys.version_info[0]}.{sys.version_info[1]}"


def why_unsupported(here: Platform) -> str | None:
    """Return why there are no ready-made packages for this machine, or None if there may be."""
    if here.system == "Darwin":
        return _why_not_this_mac(here)
    if here.system == "Linux" and here.machine not in {"x86_64", "aarch64"}:
        return (
            f"This Linux runs on {here.machine}; there are builds of the face engine for x86_64"
            " and aarch64 only. Use a machine of one of these kinds."
        )
    return None


def _why_not_this_mac(here: Platform) -> str | None:
    if here.machine != "arm64":
        return (
            "This Python is built for Intel Macs, and there is no build of the face engine for"
            " them. On an Apple silicon Mac, install an arm64 Python (brew install python@3.13);"
            " on an Intel Mac, use a Linux virtual machine."
        )
    if int(here.macos.partition(".")[0] or OLDEST_MACOS) < OLDEST_MACOS:
        return (
            f"This is macOS {here.macos}; the face engine's build needs macOS {OLDEST_MACOS} or"
            " newer. Update macOS, or use a Linux virtual machine."
        )
    return None
