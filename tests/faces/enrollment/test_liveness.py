"""Only frames of a person who turns as requested are accepted."""

from __future__ import annotations

import io
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import fakes
import head_turns
from picprocure.faces.embedding.pose import yaw_of
from picprocure.faces.enrollment.liveness import Frame, Turn, check_frames, read_frames
from picprocure.faces.errors import (
    AnotherFaceInFrames,
    FaceLostInFrames,
    LivenessFailed,
    SeveralFacesInFrames,
    TooFewFrames,
    TurnMissing,
)
from picprocure.faces.thresholds import DLIB, SFACE
from picprocure.faces.types import Embedding, Embeddings
from picprocure.imaging.loaded_image import LoadedImage
from picprocure.imaging.loading import load_upright
from real_engines import remembering_engine
from seeds import seeds

YAWS = {"front": 0.05, "left": 0.7, "right": -0.7, "between": 0.33}
ORDERS = list(product(Turn, repeat=2))


def frames(*scenes: str, color: tuple[int, int, int] = fakes.BOB) -> list[Frame]:
    embedding = unit(fakes.embedding_of(color))
    return [Frame(YAWS[scene], embedding) for scene in scenes for _ in range(3)]


def unit(vector: NDArray[np.floating[Any]]) -> Embedding:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def references(color: tuple[int, int, int] = fakes.BOB) -> Embeddings:
    return unit(fakes.embedding_of(color, noise=5))[None]


def scenes_of(turns: tuple[Turn, ...]) -> list[str]:
    """From the front to each side and back."""
    return ["front", *(scene for turn in turns for scene in (turn.value, "front"))]


@pytest.mark.parametrize("asked", ORDERS)
def test_only_the_requested_order_passes(asked: tuple[Turn, ...]) -> None:
    for made in ORDERS:
        captured = frames(*scenes_of(made))
        if made == asked:
            check_frames(captured, asked, references(), DLIB)
        else:
            with pytest.raises(TurnMissing):
                check_frames(captured, asked, references(), DLIB)


@pytest.mark.parametrize(
    "scenes",
    [
        ["front"],
        ["left", "right"],
        ["front", "left", "front"],
        ["front", "left", "front", "right", "front", "left", "front"],
        ["front", "between", "front", "between", "front"],
    ],
)
def test_too_few_turns_and_too_many_fail(scenes: list[str]) -> None:
    with pytest.raises(TurnMissing):
        check_frames(frames(*scenes), [Turn.LEFT, Turn.RIGHT], references(), DLIB)


def test_a_head_that_wavers_while_it_is_turned_turned_once() -> None:
    captured = frames("front", "left", "between", "left", "front", "right", "front")
    check_frames(captured, [Turn.LEFT, Turn.RIGHT], references(), DLIB)


def test_another_face_all_the_time_or_in_the_middle_fails() -> None:
    order, asked = scenes_of((Turn.LEFT, Turn.RIGHT)), [Turn.LEFT, Turn.RIGHT]
    with pytest.raises(AnotherFaceInFrames):
        check_frames(frames(*order, color=fakes.ALICE), asked, references(), DLIB)
    mixed = [*frames("front"), *frames("left", color=fakes.ALICE), *frames("front", "right")]
    with pytest.raises(AnotherFaceInFrames):
        check_frames(mixed, asked, references(), DLIB)


def test_one_frame_of_a_borrowed_photo_does_not_count_for_all() -> None:
    """Mallory holds Bob's photo in front of the camera for one frame, and turns her own head."""
    asked = [Turn.LEFT, Turn.RIGHT]
    captured = frames("front", "left", "front", "right", "front", color=fakes.ALICE)
    for place in (0, 1, len(captured) // 2, len(captured)):
        mixed = [*captured[:place], *frames("front")[:1], *captured[place:]]
        with pytest.raises(AnotherFaceInFrames):
            check_frames(mixed, asked, references(), DLIB)


def test_only_references_that_show_the_face_of_the_frames_were_seen() -> None:
    """Even if they agree with each other: half of a blend is another person."""
    asked = [Turn.LEFT, Turn.RIGHT]
    captured = frames("front", "left", "front", "right", "front")
    bob, alice = references()[0], references(fakes.ALICE)[0]
    blends = [unit((1 - share) * bob + share * alice) for share in (0, 0.2, 0.5, 0.8, 1)]
    seen = check_frames(captured, asked, np.stack(blends), DLIB)
    assert seen.tolist() == [True, True, False, False, False]


BOB = unit(np.random.default_rng(1).normal(size=128))
_OTHER = np.random.default_rng(2).normal(size=128)
AWAY = unit(_OTHER - BOB * float(BOB @ _OTHER))


def at(distance: float) -> Embedding:
    """Return a face at this distance from Bob's, always in the same direction."""
    angle = 2 * np.arcsin(distance / 2)
    return unit(np.cos(angle) * BOB + np.sin(angle) * AWAY)


def taken(face: Embedding, *scenes: str, times: int = 2) -> list[Frame]:
    return [Frame(YAWS[scene], face) for scene in scenes for _ in range(times)]


def put_into(film: list[Frame], stills: list[Frame], where: str) -> list[Frame]:
    if where == "prepended":
        return [*stills, *film]
    if where == "interleaved":
        shares = np.array_split(np.arange(len(stills)), len(film))
        pairs = zip(film, shares, strict=True)
        return [frame for own, share in pairs for frame in (own, *(stills[i] for i in share))]
    return [*film, *stills]


WHERE = ["appended", "prepended", "interleaved"]
BLENDS = [at(distance) for distance in (0.39, 0.41, 0.43, 0.435)]  # all are near enough to enroll


@pytest.mark.parametrize("times", [1, 2, 7], ids=["one each", "two each", "the majority"])
@pytest.mark.parametrize("where", WHERE)
def test_stills_of_blends_in_ones_own_film_have_no_blend_seen(where: str, times: int) -> None:
    asked = [Turn.LEFT, Turn.RIGHT]
    film = taken(BOB, *scenes_of((Turn.LEFT, Turn.RIGHT)))
    stills = [frame for face in BLENDS for frame in taken(face, "front", times=times)]
    enrolled = np.stack([BOB, *BLENDS])
    assert check_frames(film, asked, enrolled, DLIB).tolist() == [True, *[False] * 4]
    with pytest.raises(AnotherFaceInFrames):
        check_frames(put_into(film, stills, where), asked, enrolled, DLIB)


@pytest.mark.parametrize("seed", seeds(40))
def test_no_stills_help_a_reference_that_the_film_itself_does_not_show(seed: int) -> None:
    """Yield as many stills between the two faces as are allowed, from the front and turned."""
    random = np.random.default_rng(seed)
    film = taken(BOB, *scenes_of((Turn.LEFT, Turn.RIGHT)))
    stills: list[Frame] = []
    for _ in range(int(random.integers(1, 6))):
        face, times = at(random.uniform(0.1, 0.6)), int(random.integers(1, 8))
        stills += taken(face, random.choice(["front", "left", "right"]), times=times)
    mixed = put_into(film, stills[:30], WHERE[seed % 3])
    enrolled = np.stack([at(distance) for distance in (0.0, 0.45, 0.5, 0.55, 0.6)])
    for asked in ORDERS:
        try:
            seen = check_frames(mixed, asked, enrolled, DLIB)
        except LivenessFailed:
            continue
        assert seen.tolist()[1:] == [False] * 4


def test_a_borrowed_reference_needs_the_turned_frames_as_well() -> None:
    """Most frontal frames show another face. Only the turned ones show the person."""
    film = [
        *taken(at(0.3), "front", times=8),
        *taken(BOB, "left"),
        *taken(at(0.3), "front", times=8),
        *taken(BOB, "right"),
    ]
    with pytest.raises(AnotherFaceInFrames):
        check_frames(film, [Turn.LEFT, Turn.RIGHT], at(0.5)[None], DLIB)


def image(*people: tuple[int, int, int]) -> LoadedImage:
    return load_upright(io.BytesIO(fakes.stripes(*people)), name="frame", max_pixels=10**6)


def test_two_people_in_the_frames_are_named() -> None:
    images = [image(fakes.BOB)] * 9 + [image(fakes.BOB, fakes.ALICE)]
    with pytest.raises(SeveralFacesInFrames):
        read_frames(fakes.StripeEngine(), images)


def test_a_few_pictures_are_not_enough() -> None:
    with pytest.raises(TooFewFrames, match="only 7 pictures; at least 8"):
        read_frames(fakes.StripeEngine(), [image(fakes.BOB)] * 7)


def test_a_face_that_is_lost_too_often_is_said_so() -> None:
    with pytest.raises(FaceLostInFrames):
        read_frames(fakes.StripeEngine(), [image(fakes.BOB), image()] * 6)


def test_the_yaw_is_positive_when_the_nose_points_to_the_pictures_right() -> None:
    eyes = [
        (120, 50),
        (100, 50),
        (40, 50),
        (60, 50),
    ]  # the right eye in the picture first, as dlib does
    for nose, sign in ((100, 1), (60, -1), (80, 0)):
        yaw = yaw_of(np.array([*eyes, (nose, 80)], dtype=np.float32))
        assert np.sign(yaw) == sign


@pytest.fixture(scope="module")
def crops(labeled_photos: Path) -> Path:
    return labeled_photos / "lfw"


@pytest.mark.engine
class TestRealFaces:
    """Stills of real people, by the real engine."""

    def read(self, pictures: list[bytes]) -> list[Frame]:
        engine = remembering_engine()
        unlike = {
            picture: load_upright(io.BytesIO(picture), name="frame", max_pixels=10**6)
            for picture in set(pictures)
        }
        return read_frames(engine, [unlike[picture] for picture in pictures])

    def reference(self, picture: bytes) -> Embeddings:
        engine = remembering_engine()
        loaded = load_upright(io.BytesIO(picture), name="me", max_pixels=10**6)
        (box,) = engine.find_boxes(loaded)
        return engine.embed_reference(loaded, box)[None]

    @pytest.mark.parametrize("who", [head_turns.MEL, *head_turns.OTHERS], ids=lambda who: who[0])
    def test_frames_pass_one_order_and_fail_the_others(
        self, crops: Path, who: tuple[str, str, str]
    ) -> None:
        pictures = head_turns.stills(crops, who)
        reference = self.reference(pictures["front"])
        made = (Turn.LEFT, Turn.RIGHT)
        captured = self.read(head_turns.frames(pictures, *scenes_of(made), each=2))
        passed = [asked for asked in ORDERS if passes(captured, asked, reference)]
        assert passed == [made]

    def test_a_still_and_another_face_fail(self, crops: Path) -> None:
        mel, other = head_turns.stills(crops), head_turns.stills(crops, head_turns.OTHERS[3])
        reference = self.reference(mel["front"])
        still = self.read(head_turns.frames(mel, "front", each=10))
        for asked in ORDERS:
            assert not passes(still, asked, reference)
            theirs = self.read(head_turns.frames(other, *scenes_of(asked), each=2))
            assert not passes(theirs, asked, reference)
            swapped = {**mel, "left": other["left"], "right": other["right"]}
            mixed = self.read(head_turns.frames(swapped, *scenes_of(asked), each=2))
            assert not passes(mixed, asked, reference)

    @pytest.mark.parametrize("where", WHERE)
    @pytest.mark.parametrize("times", [1, 3], ids=["two each", "the majority"])
    @pytest.mark.parametrize("theirs", ["Trent_Lott", "Carlos_Menem"])
    def test_stills_of_blends_have_no_blend_seen(
        self, crops: Path, theirs: str, times: int, where: str
    ) -> None:
        mel = head_turns.stills(crops)
        other = head_turns.frame(sorted((crops / theirs).iterdir())[0])
        blends = [head_turns.blend(mel["front"], other, share) for share in (0.75, 0.7, 0.65, 0.6)]
        known = np.concatenate([self.reference(picture) for picture in (mel["front"], *blends)])
        near = np.linalg.norm(known - known[0], axis=1) < SFACE.reference_odds
        enrolled = known[near]
        made = (Turn.LEFT, Turn.RIGHT)
        own = self.read(head_turns.frames(mel, *scenes_of(made), each=2))
        read = self.read([picture for picture in blends for _ in range(2)])
        stills = [frame for frame in read for _ in range(times)]
        honest = seen_in(own, made, enrolled)
        assert honest[0]
        assert not (seen_in(put_into(own, stills, where), made, enrolled) & ~honest).any()

    def test_a_picture_of_two_people_fails(self, crops: Path) -> None:
        mel, other = head_turns.stills(crops), head_turns.stills(crops, head_turns.OTHERS[3])
        both = Image.new("RGB", (1280, 480))
        for place, picture in enumerate((mel["front"], other["front"])):
            both.paste(Image.open(io.BytesIO(picture)), (place * 640, 0))
        out = io.BytesIO()
        both.save(out, "JPEG")
        with pytest.raises(SeveralFacesInFrames):
            self.read([*head_turns.frames(mel, "front", each=8), out.getvalue()])


def passes(captured: list[Frame], asked: tuple[Turn, ...], reference: Embeddings) -> bool:
    try:
        check_frames(captured, asked, reference, SFACE)
    except LivenessFailed:
        return False
    return True


def seen_in(film: list[Frame], asked: tuple[Turn, ...], enrolled: Embeddings) -> NDArray[np.bool_]:
    try:
        return check_frames(film, asked, enrolled, SFACE)
    except LivenessFailed:
        return np.zeros(len(enrolled), dtype=np.bool_)
