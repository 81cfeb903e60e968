"""The thresholds that decide which faces are taken for one person, and where they were measured.

Measured with YuNet, mirrored chips and augmented references on events made of Labeled Faces in the
Wild (2,112 identities, collages of one to six people), first on one half of the identities, then on
both: there is no held-out part. `docs/performance.md` has the results, and `benchmarks/delivery.py`
measures them again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Distances are between vectors of length 1 (`picprocure.faces.vectors`), from 0 to 2.

    Scores say by how many deviations a distance lies below those to strangers.
    """

    max_wrong_share: float = 1 / 300
    """The share of delivered photos that may be wrong. Operators choose it; the score threshold of
    each event follows from it (`matching.score_threshold`)."""

    cluster_threshold: float = 0.31
    """Distance below which faces are neighbors when clustering, among 1,400 faces. B-cubed
    precision and recall were .995 and .83 for 80 people and 300 strangers, .995 and .81 for 190 and
    1,800; with .01 more, .990 and .87, .991 and .84, and twice as many photos were in another
    person's cluster."""

    cluster_step: float = 0.032
    """How much nearer neighbors must be for ten times as many faces: the difference between the
    distances below which one of 10,000 and one of 100,000 pairs of strangers are."""

    cluster_shift: float = 0.4
    """If an event's strangers are nearer than usual, its neighbors must be nearer by this share."""

    strangers_mean: float = 0.563
    """Mean distance of two faces that share a photo; between .551 and .577 in 26 events of 90 to
    3,500 faces. In seven events of people who look alike it was .45 to .48."""

    strangers_distance: float = 0.505
    """The prior of score normalization: the mean distance to strangers in an event that tells
    nothing. It is less than their mean, because it is computed from the nearest ones, and small
    distances have a longer tail than the normal distribution."""

    strangers_slope: float = 0.042
    """By how much the distance to strangers falls with each deviation, among the nearest."""

    strangers_spread: float = 0.039
    """Length of a deviation if the event itself tells all about its strangers. With .038, 190
    people and 1,800 strangers came to a precision of .993 and a recall of .90, with .040 to .997
    and .86."""

    unknown_spread: float = 0.021
    """Added to it, in squares, if the event tells nothing."""

    spread_of_many: float = 0.25
    """How much longer a deviation is for a template of many faces: it is nearer to all people, so
    strangers have a longer tail. With .05, 30 people with 5 references each had 1.6 % wrong, with
    .2 it was .2 %."""

    cohort_skip: int = 1
    cohort_size: int = 5
    """The cohort is the nearest 5 clusters after the first, which may be the person. Of 1 / 3,
    1 / 5, 1 / 10, 2 / 3, 2 / 5, 2 / 10 and 5 / 10 these kept most recall at a precision of .998."""

    cohort_prior: float = 150
    """With as many clusters, the event's own cohort counts half. With fewer, people who look alike
    are too few to tell: for 30 people, cohorts without a prior lost .04 of the recall at equal
    precision."""

    person_margin: float = 1.0
    """By how many deviations the next person must be farther away."""

    reference_slack: float = 1.0
    """By how much the score by the references alone may be below the threshold, for a person who is
    found by faces that are surely theirs."""

    face_reference_slack: float = 2.5
    """The same for each single face, whatever its cluster."""

    min_agreeing: int = 2
    """How many other faces must agree on one that the references alone would not match; several
    references agree, too. Without these, 30 people with 5 each had .02 less recall and the same
    precision."""

    face_slack: float = 0.8
    """By how much the score of a face against all others of its person may be below the threshold.
    With .8, 190 people and 1,800 strangers had 17 wrong photos of 3,107 (recall .85), with .4 they
    had 12 of 3,017 (.83); some of them are mistakes of the labels."""

    second_ranking_from: float = 3.8
    second_ranking_extra: float = 0.75
    """By this share of what the threshold exceeds 3.8 (30 people among 200 faces), the second
    ranking is stricter: it assigns whole clusters. Without it, two events of 190 people and 1,800
    strangers had 12 wrong photos of 1,564, with it 5 of 1,524."""

    review_depth: float = 1.0
    """How far below the threshold a score is still for the host's review, in deviations."""

    review_share: float = 0.25
    """Maximum of review items for each delivered photo; the best come first."""

    min_review_items: int = 8
    """Review items that a host is shown even if hardly anything is delivered."""

    reference_agreement: float = 0.37
    """Nearer than this, a new reference surely shows the person of the one before: so are .94 of
    LFW's pairs of one person, and one in 1,000 pairs of strangers."""

    reference_odds: float = 0.44
    """Farther apart than this, two photos given for one person show two: so are .003 of LFW's pairs
    of one person, and .97 of those of strangers."""

    anchor_agreement: float = 0.37
    """A reference that was added after the close counts if it is nearer than this to the face that
    the person was first admitted to the event with. Measured with 110 identities of LFW: .91 of the
    other pictures of one person were nearer, and .0004 of the pictures of other people. Of pictures
    blended from two people, .48 were nearer with half of the other person, .01 with three quarters,
    and none with seven eighths."""

    anchor_reach: float = 0.37
    """A person who has other references than that first face gets a face in a photo only if it is
    nearer than this to the first face, or if the first face alone finds it. It doesn't matter when
    the others were added or admitted. Measured with 79 identities of LFW in events of 36 people and
    300 strangers: of 2,033 right photos of people with two to five photos of their own, this cost
    32 (1.6 %). References were made to lie within ``reference_odds`` of the first face, as near to
    another person as possible. Without this limit they brought nearly all photos of that person,
    whoever it was. With it they brought 21 of 312 photos of the most similar of 49 people, and none
    of the third, the eleventh and the twenty-sixth. With .40, and without asking what the first
    face alone finds, the cost was 14 photos, and 52 came. With .36 it was 42, and 13 came."""

    alike_reach: float = 0.44
    """Of two people who collided, one gets a face only if it is farther than this from the other.
    With one person registered twice, 70 of 181 of their faces went to one of the two without this
    limit, and none with it."""

    collision_distance: float = 0.314
    """Nearer than this to one of 200 registrants, a newcomer is held (`enrollment.duplicates`
    has what one in a hundred comes to). Of newcomers with another picture of a registrant, .74 were
    nearer to the registrant's only reference, .95 to the mean of three."""

    collision_step: float = 0.034
    """How much less it is for ten times as many comparisons."""

    max_collision_distance: float = 0.35
    """The maximum: from there on no face is certain, even in the smallest event."""

    copy_distance: float = 0.12
    """Nearer than this, a reference and a face of a photo are one picture. Of 60 of LFW's, saved
    again at a quality of 40, halved, doubled, cropped, turned by 3 degrees, made brighter, or
    mirrored, .95 to 1.0 came nearer (.95 of those that had four of these done to them); of 8,666
    pairs of other pictures of one person 8 did, most of them the same picture twice."""

    def cluster_threshold_among(self, faces: int, *, shift: float) -> float:
        """Return the distance below which faces are neighbors in an event of so many.

        ``shift`` is how much farther apart than usual its strangers are.
        """
        decades = math.log10(max(faces, 1) / 1_400)
        threshold = (
            self.cluster_threshold - self.cluster_step * decades + self.cluster_shift * shift
        )
        return min(max(threshold, self.cluster_threshold - 0.1), self.cluster_threshold + 0.05)


DEFAULT: Final = Thresholds()
