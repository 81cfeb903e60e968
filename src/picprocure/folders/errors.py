"""What can go wrong with folders, in words for whoever runs the command.

FoldersError
├── UnusableFolders     what was named can't be sorted, or not into there
├── AnalysisStopped     the processes that look at photos can't work
└── SourceChanged       a photo is no longer what was looked at
"""

from __future__ import annotations


class FoldersError(Exception):
    """Base of everything that this package raises on purpose."""


class UnusableFolders(FoldersError):
    """The message names the folder or file, and the way out."""


class AnalysisStopped(FoldersError):
    """No photo can be looked at, and the message says why."""


class SourceChanged(FoldersError):
    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} was changed while it was being sorted. Run the command again.")
