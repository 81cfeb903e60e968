"""Errors of enrollment.

RefusedEnrollment
├── TooManyReferences
└── AnotherFace
"""

from __future__ import annotations


class RefusedEnrollment(Exception):
    """Base of all. The message is for the person who enrolls."""


class TooManyReferences(RefusedEnrollment):
    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(
            f"You already have {most} photos of your face, which is the maximum. "
            "Replace or delete one of them."
        )


class AnotherFace(RefusedEnrollment):
    def __init__(self) -> None:
        super().__init__(
            "This doesn't look like the person in your other photos. Choose another photo. If your "
            "other photos are wrong, delete them first."
        )
