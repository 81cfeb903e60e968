"""Every number that decides who gets a photo, and where it was measured.

Numbers that decide which faces are found are beside each detector (`picprocure.faces.detectors`).
Constants of algorithms, such as block sizes and rounding errors, are beside the algorithms.

Distances differ between networks, so there are `Thresholds` for each. Those of `DLIB`, which are
the defaults of the fields, were measured with YuNet, mirrored chips and augmented references, on
events made from Labeled Faces in the Wild (LFW): collages of one to six people, 2,112 identities.
They were measured first on one half of the identities, then on both, so no part was kept for
testing.
`docs/performance.md` has the results, and `benchmarks/delivery.py` measures them again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

ONE_WRONG_IN: Final = 300
"""By default, one of this many delivered photos may be wrong. Operators can choose."""

STRICTNESS_FACTORS: Final = {3: 8.0, 2: 4.0, 1: 2.0, 0: 1.0, -1: 1 / 1.5, -2: 1 / 2, -3: 1 / 3}
"""By how much more photos than `ONE_WRONG_IN` one may be wrong, for each step of an event's
strictness. Higher steps are stricter."""

MOST_GENEROUS_ONE_WRONG_IN: Final = 100
"""No step of strictness is more generous than this, unless the site is. In an event of 190 people
and 1,800 strangers, one wrong photo in 300, 200, 150, 100, 75 and 50 gave 886, 895, 898, 898, 900
and 901 photos with SFace, of which 2, 2, 4, 4, 6 and 6 were wrong, two of them mistakes of the
labels. With dlib's network, 3 of 744, 3 of 756, 5 of 762, 6 of 786, 8 of 790 and 13 of 819 were
wrong. So beyond this, a generous step gives about as many wrong photos as right ones with SFace."""

CHECK_DEPTH: Final = 1.5
CHECK_SHARE: Final = 0.5
"""`Thresholds.review_depth` and `review_share` of the pairs that are neither delivered nor doubtful
and that a check before a release looks at. In that event, 19 of 26 missed photos were doubtful, 25
in the 576 pairs within this depth, and all within a depth of 2, but among 2,652."""

HELD_BACK_ONE_IN: Final = 100
"""It is reported if strictness held back more than one in this many photos. It did so in 9 of 74
events of people who look alike with SFace, in 68 with dlib's network, and in none of 74 others."""

SAME_PLACE: Final = 0.5
"""A host's decision is about a face if the boxes share at least this much of their union. Two
portraits' boxes by YuNet and by dlib share more than .65. It was not measured on other faces: boxes
of two detectors that share less leave a decision without a face until they agree again."""

COLUMN_OFFSET: Final = 0.25
COLUMN_RATIO: Final = 1.25
"""Faces of a photo are in one column of a print if their centers differ by less than this share of
a width, and their widths by less than this factor. Heads of people who stand together hardly ever
do (`matching.repeated_faces`)."""

MIN_NEAR_SHOTS: Final = 2
"""A face is one of several shots of a person if so many other faces of the photo are near it. Two
faces that look alike may be twins or siblings, so they are one person only if one is a picture of
the other (`matching.repeated_faces`)."""

MIN_PHOTOS_APART: Final = 2
MIN_PHOTOS_TOGETHER: Final = 2
"""Photos with a person and another cluster show two people if the person is found in so many photos
without the cluster, or if there are so many photos with both (`matching.assignment`). The 150 most
similar pairs of LFW were told apart equally well with 1 and with 2 photos without the cluster. With
people who had no other photo, 5 and 4 of the second person's photos were delivered without the
second rule (2 and 3 photos with both), and none with it."""

MAX_FACES_OF_FEW: Final = 8
MAX_CROWDED_SHARE: Final = 1 / 4
"""A photo with more faces than this is sorted after others, unless more than this share of the
photos have so many (`matching.crowds`). In three events attacked with twelve faces in a photo,
people lost photos four times with a limit of 24 faces, and never with 8. In honest events with
photos of groups, 8, 14 and 24 differed by .003 of the recall at most."""

CLUSTER_FULL_WEIGHT: Final = 0.7
"""Share of the threshold within which all neighbors have the same weight. Otherwise, two shots
of one scene would outweigh all other neighbors and become a cluster of their own. In an event
in which each photo was taken twice, .85 was delivered instead of .71. Without such shots
nothing changes."""

CLUSTER_THRESHOLD_DIGITS: Final = 3
"""To how many digits the distance below which faces are neighbors is rounded. So one more photo
hardly ever changes it, and with it all weights (`clustering.kept_clusters`). It was measured in
steps of .01."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The numbers that decide which faces show the same person.

    Distances are between vectors of length 1 (`picprocure.faces.vectors`), from 0 to 2. Scores say
    by how many deviations a distance is below those to strangers.
    """

    max_wrong_share: float = 1 / ONE_WRONG_IN
    """The share of delivered photos that may be wrong. The score threshold of each event follows
    from it (`matching.score_threshold`)."""

    cluster_threshold: float = 0.31
    """Faces that are nearer than this are neighbors when clustering, among `cluster_faces`. B-cubed
    precision and recall were .995 and .83 for 80 people and 300 strangers, and .995 and .81 for 190
    and 1,800. With .01 more, they were .990 and .87, and .991 and .84, and twice as many photos
    were in another person's cluster."""

    cluster_faces: int = 1_400
    """The number of faces that `cluster_threshold` was measured among."""

    cluster_step: float = 0.032
    """How much nearer neighbors must be for ten times as many faces. It is the difference between
    the distances of the nearest one of 10,000 and of 100,000 pairs of strangers."""

    cluster_shift: float = 0.4
    """If an event's strangers are nearer than usual, its neighbors must be nearer by this share."""

    max_cluster_decrease: float = 0.1
    max_cluster_increase: float = 0.05
    """How far the threshold of an event may be from `cluster_threshold`."""

    same_picture: float = 0.2
    """Two faces of one photo that are nearer than this are a face and its picture on a screen, on a
    poster or in a mirror. Other faces of one photo are two people, unless three or more of them are
    near each other (`matching.repeated_faces`)."""

    repeated_face: float = 0.25
    """Distance within which three or more faces of a photo are several shots of one person, taken
    within minutes (`matching.repeated_faces`). In a column of a print, `reference_agreement` is
    enough."""

    calibration_photos: int = 2_000
    calibration_faces_per_photo: int = 12
    """How many photos an event is calibrated by, and how many faces of each of them."""

    calibration_prior_photos: float = 30
    """With this many photos, the event's own median distance counts half."""

    strangers_in_photo: float = 0.565
    """Median distance of two faces that share a photo, in the median of photos. It was .563 to
    .568 in events of LFW, and .48 to .53 in events of people who look alike."""

    max_shift: float = 0.13
    """How much nearer than usual an event's strangers may count at most. In events of people who
    look alike they were .04 to .09 nearer."""

    usual_shift: float = 0.01
    """An event is stricter than usual if its strangers are nearer by more than this. In 148 events
    of LFW they were .009 nearer at most."""

    strangers_distance: float = 0.505
    """The prior of score normalization: the mean distance to strangers if the event tells nothing.
    It differs from `strangers_in_photo`, since it is computed from the nearest ones, whose
    distances are not quite normal."""

    strangers_slope: float = 0.042
    """By how much the distance to strangers falls with each deviation, among the nearest."""

    strangers_spread: float = 0.039
    """Length of a deviation if the event tells all about its strangers. For 190 people and 1,800
    strangers, precision and recall were .993 and .90 with .038, and .997 and .86 with .040."""

    unknown_spread: float = 0.021
    """Added to `strangers_spread`, as squares, if the event tells nothing."""

    spread_of_many: float = 0.25
    """How much longer a deviation is for a template of many faces. Such a template is nearer to all
    people, so strangers have a longer tail. For 30 people with 5 references each, 1.6 % were wrong
    with .05, and .2 % with .2."""

    cohort_skip: int = 1
    cohort_size: int = 5
    """The nearest clusters that are skipped, since they may show the person, and how many of the
    next ones count. Of 1 / 3, 1 / 5, 1 / 10, 2 / 3, 2 / 5, 2 / 10 and 5 / 10, these had the highest
    recall at a precision of .998."""

    cohort_from: float = 0.28
    """Of the clusters that are nearer than this, only the nearest one counts in the cohort. They
    nearly always show the same person. Otherwise, a photo with many pictures of a person would make
    everyone near that person seem alike. One in 100,000 pairs of strangers is nearer than .30."""

    max_cohort: int = 8192
    """If an event has more clusters, the cohort is a sample of this many. Its nearest few are far
    enough in the tail, and the time doesn't grow with the square of the clusters."""

    cohort_prior: float = 150
    """With this many clusters, the event's own cohort counts half. Fewer clusters tell too little
    about similar people: for 30 people, cohorts without a prior lost .04 of the recall at equal
    precision."""

    person_margin: float = 1.0
    """By how many deviations the next person must be farther away."""

    reference_slack: float = 1.0
    """How far the score by the references alone may be below the threshold, if a cluster was found
    by faces that are certainly the person's."""

    face_reference_slack: float = 2.5
    """The same for each single face, whatever its cluster."""

    min_agreeing: int = 2
    """How many other faces must support a face that the references alone would not match. All
    references except the first also count. Without them, 30 people with 5 each had .02 less recall
    at the same precision."""

    face_slack: float = 0.8
    """How far the score of a face against all other faces of its person may be below the threshold.
    For 190 people and 1,800 strangers, 17 of 3,107 photos were wrong with .8 (recall .85), and 12
    of 3,017 with .4 (.83). Some of these are mistakes of the labels."""

    second_ranking_from: float = 3.8
    second_ranking_extra: float = 0.75
    """The second ranking assigns whole clusters, so it is stricter: by this share of what the
    threshold exceeds `second_ranking_from` (30 people among 200 faces). In two events of 190 people
    and 1,800 strangers, 5 of 1,524 photos were wrong, and 12 of 1,564 without it."""

    review_depth: float = 1.0
    """Scores up to this far below the threshold are for the host's review."""

    review_share: float = 0.25
    """The largest number of review items for each delivered photo. The best come first."""

    min_review_items: int = 8
    """Up to this many review items are always shown."""

    reference_agreement: float = 0.37
    """Two references that are nearer than this certainly show one person: .94 of LFW's pairs of one
    person, and one in 1,000 pairs of strangers."""

    center_agreement: float = 0.22
    """If the references are nearer than this to the center of a cluster, photos with two faces are
    no evidence that the cluster is another person (`matching.assignment`). Of the 150 most similar
    pairs of LFW, one registered and one not, .21 and .23 changed nothing, and with .25 another
    person got 11 photos. Pictures of one person are .23 from the center of four others (median)."""

    reference_odds: float = 0.44
    """Two references that are farther apart than this show two people: .003 of LFW's pairs of one
    person, and .97 of pairs of strangers."""

    anchor_agreement: float = 0.37
    """A reference that was added after the close counts if it is nearer than this to the face that
    the person was first admitted to the event with. Measured with 110 identities of LFW: .91 of the
    other pictures of one person were nearer, and .0004 of the pictures of other people. Of pictures
    blended from two people, .48 were nearer with half of the other person, .01 with three quarters,
    and none with seven eighths."""

    anchor_reach: float = 0.37
    """A person who has other references than that first face gets a face in a photo only if it is
    nearer than this to the first face, or if the first face alone finds it. It doesn't matter when
    the other references were added or admitted. Measured with 79 identities of LFW in events of 36
    people and 300 strangers: of 2,033 right photos of people with two to five references, 32
    (1.6 %) were lost. Then references were made within `reference_odds` of the first face, as near
    to another person as possible. Without this limit, they delivered nearly all photos of any such
    person. With it, they delivered 21 of 312 photos of the most similar of 49 people, and none of
    the third, the eleventh and the twenty-sixth. With .40, and without what the first face alone
    finds, 14 photos were lost and 52 delivered. With .36, these were 42 and 13."""

    alike_reach: float = 0.44
    """Of two people who collided, one gets a face only if it is farther than this from the other.
    With one person registered twice, 70 of 181 of their faces went to one of the two without this
    limit, and none with it."""

    collision_distance: float = 0.314
    """Nearer than this to one of `collision_comparisons` registrants, a newcomer waits for the
    hosts (`enrollment.duplicates` has what one in a hundred comes to). Of newcomers with another
    picture of a registrant, .74 were nearer to the registrant's only reference, .95 to the mean of
    three."""

    collision_comparisons: int = 200
    """The number of comparisons that `collision_distance` is for."""

    collision_step: float = 0.034
    """How much less the collision distance is for ten times as many comparisons."""

    max_collision_distance: float = 0.35
    """The largest collision distance. Beyond it, no face is certain, even in the smallest event."""

    copy_distance: float = 0.12
    """A reference that is nearer than this to a face of a photo is a copy of it. Of faces of two
    photos that are nearer, only the first one counts when clustering. 60 of LFW's pictures were
    saved again at a quality of 40, halved, doubled, cropped, turned by 3 degrees, made brighter or
    mirrored. In each case, .95 to 1.0 were nearer, and .95 with four of these changes. Of 8,666
    pairs of other pictures of one person, 8 were nearer, most of them the same picture twice."""

    front_agreement: float = 0.3
    """Distance below which each frontal frame of a liveness check must be to the middle one.
    Frontal stills of six people were tilted by up to 9 degrees, reduced to .6, blurred, and made
    half to 1.6 times as bright. All were nearer than .20 to the middle one of their person, and all
    turned ones nearer than .36."""

    front_reference: float = 0.4
    """Distance below which a reference must be to every frontal frame of a liveness check
    (`LivenessThresholds.min_frontal_share`)."""

    def cluster_threshold_among(self, faces: int, *, shift: float) -> float:
        """Return the distance below which faces are neighbors in an event.

        Args:
            faces: The number of faces.
            shift: How much farther apart than usual the event's strangers are.
        """
        decades = math.log10(max(faces, 1) / self.cluster_faces)
        threshold = (
            self.cluster_threshold - self.cluster_step * decades + self.cluster_shift * shift
        )
        lowest = self.cluster_threshold - self.max_cluster_decrease
        limited = min(max(threshold, lowest), self.cluster_threshold + self.max_cluster_increase)
        return round(limited, CLUSTER_THRESHOLD_DIGITS)


DLIB: Final = Thresholds()
"""For dlib's network, with mirrored chips."""

SFACE: Final = Thresholds(
    cluster_threshold=1.04,
    cluster_step=0.052,
    max_cluster_decrease=0.2,
    max_cluster_increase=0.08,
    same_picture=0.6,
    repeated_face=0.75,
    strangers_in_photo=1.352,
    max_shift=0.05,
    usual_shift=0.012,
    strangers_distance=1.372,
    strangers_slope=0.078,
    strangers_spread=0.078,
    unknown_spread=0.044,
    cohort_from=0.9,
    reference_agreement=1.03,
    center_agreement=0.85,
    reference_odds=1.2,
    anchor_agreement=1.03,
    anchor_reach=1.03,
    alike_reach=1.2,
    collision_distance=1.06,
    collision_step=0.052,
    max_collision_distance=1.112,
    copy_distance=0.42,
    front_agreement=0.65,
    front_reference=1.03,
)
"""For SFace, with YuNet and dlib's landmarks. The events and pictures are those of `DLIB`. SFace
may have been trained with pictures of the same celebrities.

- Clusters and strangers: fitted to the distances of all pairs of the pictures of LFW, then to
  events of 190 people and 1,800 strangers. With a `strangers_spread` of .082, .078 and .076, 2, 2
  and 4 of 880 photos were wrong, at a recall of .954, .970 and .979. Both of the 2 are mistakes of
  the labels: one person with two names. Of 10,000 pairs of strangers the nearest is nearer than
  1.08, of 100,000 nearer than 1.03. In pictures of 40 people of a laboratory by one camera (AT&T),
  the first of these was 1.04.
- `reference_agreement`, `anchor_agreement`, `anchor_reach`: .95 of LFW's 4,334 pairs of one person
  are nearer than 1.03, and .00001 of the pairs of strangers. Of pictures of 110 people, each
  blended with another person, .51 are nearer to the first person with half of the other, .18 with
  six tenths, .01 with seven tenths, and none with three quarters.
- `reference_odds`, `alike_reach`: .004 of the pairs of one person are farther apart than 1.2, and
  .985 of the pairs of strangers.
- Collisions: one in a hundred newcomers whose face no registrant has is nearer than 1.10, 1.07 and
  1.04 to one of 50, 200 and 800 registrants with one reference each, and 1.09, 1.05 and 1.04 if
  each has three. Of newcomers with another picture of one of 200 registrants, .97 are caught by one
  reference, and .995 by the mean of three.
- `center_agreement`: .95 of the pictures of one person are nearer than .875 to the center of four
  others, and one in 100,000 of strangers nearer than 1.02. Of the 150 most similar pairs, with one
  to three photos of both, none of the second person's other photos were delivered with .85 and .9,
  and 2 to 4 with .95.
- `copy_distance`: 79 pictures were saved again at a quality of 40. Of the copies that were also
  enlarged, turned, made brighter or mirrored, .95 or more are nearer. Of those that were cut
  closer, .95 are nearer than .48. Of pairs of other pictures of one person, .005 are nearer.
- `cohort_from`: with 1.03, 4 of 887 photos were wrong in one event of 190 people and 1,800
  strangers, with .9 and without it 2 of 885. No other value was tried.
- `same_picture` is as much farther as with `DLIB`.
- `repeated_face`: .32 of the pairs of one person, of any years, are nearer than .75. Of 7.3 million
  pairs of strangers one is: two sisters, who are .66 and .77 apart.
- `strangers_in_photo`: 1.350 and 1.351 in events of LFW, 1.30 to 1.33 in events of people who look
  alike.
- `usual_shift`: .011 at most in 148 events of LFW.
- Liveness checks: all altered frontal stills of six people were nearer than .53 to the unaltered
  one, and turned ones .71 to .89. Up to eight other pictures of each person were nearer than .96 to
  the frontal still, and nearer than .93 to the turned ones.
"""


BY_EMBEDDER: Final = {"dlib": DLIB, "sface": SFACE}


def thresholds_of(engine_version: str) -> Thresholds:
    """Return the thresholds for the embeddings of an engine (`FaceEngine.version`).

    The version has the name of an embedder between hyphens. Other engines count as dlib's.
    """
    named = (BY_EMBEDDER.get(part) for part in engine_version.split("-"))
    return next(filter(None, named), DLIB)


@dataclass(frozen=True, slots=True)
class QualityThresholds:
    """What a photo must show to be a reference.

    Measured on crops of Labeled Faces in the Wild, made smaller, softer and darker step by step, by
    how many of a person's photos stay within a distance of 0.5 with dlib's network, and within
    `reference_agreement` with SFace (120 people, YuNet, dlib's landmarks; .96 unaltered). SFace
    bears more of it, so the limits of dlib's network hold for both.
    """

    min_face_px: int = 64
    """Width of the face's box. dlib's network: 79 pixels .73, 57 pixels .73, 43 pixels .71, 32
    pixels .61, 24 pixels .43. SFace: 74 pixels .95, 54 .97, 41 .95, 31 .88, 25 .85, 20 .67."""

    min_sharpness: float = 0.09
    """.27 in the median of sharp faces, below .09 for none of the faces that were softened to 43
    pixels and for nearly all that were softened to 19. SFace: .94 of those softened to 36 pixels,
    .90 to 26, .81 to 21, .49 to 16."""

    min_light: float = 40
    """90th percentile of the gray values, of 255, with sensor noise: 180 .76, 72 .76, 45 .70, 27
    .54, 18 .36. The darkest of 250 unaltered faces, whatever the skin, had 104. SFace: half of the
    light .94, three tenths .86, a fifth .68."""

    max_plain: float = 0.4
    """Share of the face's pixels that hardly differ from their neighbors: .06 in the median of 172
    real faces, .20 at most, .38 in the dark and at JPEG's quality 40. In 184 drawn faces that a
    detector took for real it was .42 or more but for two. Glaring light comes to .59."""

    min_visible: float = 0.8
    """Share of the face's box inside the frame. One face was cut off step by step (YuNet, SFace):
    with a share of .88 it was .39 from its whole photo, with .78 .68, and with .69 1.34."""

    max_background_width: float = 1 / 2
    """A face narrower than this share of the widest one is in the background."""

    in_the_middle: float = 0.15
    at_the_side: float = 0.25
    """How far a face's middle is from the photo's, as a share of its sides. If the widest face is
    in the middle, a face that the frame cuts at the side doesn't count, whatever its size. Of 58
    crops of 3,832 with a second face of a third of the widest or more, the widest was .04 to .10
    off, the other .25 or more, and 46 of those were cut. Faces of a group that poses all count: any
    of them may be meant."""

    max_yaw: float = 0.8
    """Of LFW .003 are turned further. Nearer to the front there is nothing to refuse: of pairs of
    one person .94 agree where both are below .2, and .94 where one is between .6 and .8. SFace,
    with another picture below .4: .95 below .4, .91 of 231 from .4 to .6, .91 of 47 from .6 to .8,
    and 8 of 13 above."""


@dataclass(frozen=True, slots=True)
class LivenessThresholds:
    """What the frames of a liveness check must show.

    Measured on Labeled Faces in the Wild (YuNet): of 142 pairs of one person, one from the front (a
    yaw below .15) and one turned (beyond .4), all were nearer than .44, and .95 nearer than .38. So
    turned frames are compared by `Thresholds.reference_odds`.
    """

    min_frames: int = 8

    max_lost_share: float = 0.4
    """Share of the frames that may be without a face. Detectors lose some that are far turned."""

    turned: float = 0.4
    frontal: float = 0.25
    """Yaws (`embedding.pose`) above which a head is turned, and below which it isn't. Of LFW, .08
    are beyond the first and .75 below the second."""

    min_frontal_share: float = 0.5
    """A reference must be nearer than `front_reference` to every frontal frame, nearer than
    `reference_agreement` to more than this share of them, and nearer than `reference_odds` to every
    other frame. So frames that are added bring hardly any reference that the other frames don't
    show. Of 878 pairs of a reference that agrees with a frontal picture of its person and another
    picture on which that person is turned, all were within `reference_odds`. Of 37 other pictures
    of the six people in the videos of the tests, 36 were seen. Of 26 blends of these people with
    others that were near enough to be enrolled, 12 were seen in a person's own video. With one to
    20 stills of any blend appended, no other blend was seen."""


QUALITY: Final = QualityThresholds()
LIVENESS: Final = LivenessThresholds()
