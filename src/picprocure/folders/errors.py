"""Errors of sorting folders, with messages for the person who runs the command.

FoldersError
├── UnusableFolders     the named folders can't be sorted or written to
├── AnalysisStopped     the analysis processes can't work
└── SourceChanged       a photo changed after it was analyzed
"""

from __future__ import annotations


class FoldersError(Exception):
    """Base class of all errors that this package raises on purpose."""


class UnusableFolders(FoldersError):
    """A folder or file can't be used. The message names it and the way out."""


class AnalysisStopped(FoldersError):
    """No photo can be analyzed. The message says why."""


class SourceChanged(FoldersError):
    """A photo changed after it was analyzed."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} was changed while it was being sorted. Run the command again.")
