"""Every number that decides who is taken for whom, and where it was measured.

Measured with the detector `hog` and dlib's own network, from which the engine's differs by less
than 1e-6, on events put together from Labeled Faces in the Wild, one reference each. The numbers
were chosen on one half of the identities, for a precision of delivery of at least .995 on every
kind of event, then recall; this is the other half, 20 events of each kind (2 of the largest),
people / strangers:

    ======================  =========  ======  ======================
    event                   precision  recall  recall with the review
    ======================  =========  ======  ======================
    6 / 0                   1.0        .85     .93
    12 / 20                 .999       .84     .91
    30 / 100                .999       .74     .89
    80 / 300                .999       .61     .81
    80 / 900                1.0        .51     .74
    20 / 80 who look alike  1.0        .53     .75
    30 / 100, 3 references  .999       .81     .93
    ======================  =========  ======  ======================

"Who look alike" are the 100 identities nearest to one of them; the network keeps some groups of
people less apart than others, and the crowding is there so that they are as safe as everybody.
With a limit on the distance alone, 80 / 300 came to .996 at a recall of .58 (limit .45), where
these numbers came to .999 at .63 (both on the half that chose).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Distances are Euclidean between embeddings; a score is a distance less the crowding.

    Crowding is how near the event's *other* faces come (`picprocure.faces.crowding`).
    """

    cluster_threshold: float = 0.44
    """Distance below which faces are neighbors when clustering. B-cubed precision and recall were
    .998 and .79 for 30 / 100, .991 and .80 for 80 / 300; at .50, .961 and .93 for the latter.
    People in two clusters lose little, two people in one cluster lose a secret."""

    match_threshold: float = -0.17
    """Score below which a cluster is a person's. At -.15, 80 / 300 fell to a precision of .994."""

    max_distance: float = 0.53
    """What no crowding raises the limit above: it binds in small events, where a cohort says
    little. At .51, recall of 6 / 0 falls from .89 to .84. Of pairs of strangers .03 % lie below
    .50 and .13 % below .55."""

    person_margin: float = 0.08
    """How much farther the next person must be. Between 0 and .08 nothing changed here, for there
    are no relatives in these events; it is for them, and for a face registered twice."""

    face_slack: float = 0.04
    """How much farther than its cluster's mean a face may be. At .08, 5 deliveries instead of 3
    were wrong in ten events of 80 / 300."""

    doubt: float = 0.05
    """How far beyond a limit is still worth the host's review: .84 to 1.0 of those were right."""

    cohort_skip: int = 2
    cohort_size: int = 10
    """The crowd is the nearest clusters after the first 2, which may be the person too: 10 of
    them. Of 2 / 5, 2 / 10, 3 / 10, 5 / 10 and 3 / 20 these gave the highest recall."""

    cohort_prior: float = 0.70
    """What a cluster counts that a small event doesn't have; the mean was .66 for 30 / 100."""


DEFAULT: Final = Thresholds()
