"""Hosts say who is one person and who is not, several faces at once, and take it back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, browser_of, names_for, new_user, text_of, upload, work_off
from deciding import analyze_again, decide, decide_group, the_face
from picprocure.events.models import CoHost
from picprocure.events.services import EventDetails, create_event
from picprocure.photos.models import Photo
from picprocure.recognition.models import Face, FaceDecision, GroupDecision, Match

pytestmark = pytest.mark.django_db
Answer = FaceDecision.Answer


@pytest.fixture
def alice(world: World) -> Client:
    return world.client("alice")


def address(world: World, name: str, *arguments: Any) -> str:
    return reverse(f"events:{name}", args=[world.event.pk, *arguments])


def add_photos(world: World, *people: tuple[int, int, int]) -> list[Face]:
    """Upload a photo of each person, and return their faces."""
    names = [f"{len(people)}-{serial}.png" for serial in range(len(people))]
    for serial, (person, name) in enumerate(zip(people, names, strict=True)):
        upload(world.event, fakes.stripes(person, serial=100 + serial), name)
    work_off()
    return [the_face(Photo.objects.get(name=name)) for name in names]


def tiles(world: World, alice: Client) -> dict[int, int]:
    """Return the face of each unknown person with their number of photos."""
    page = text_of(alice.get(address(world, "unknown_people")).content)
    found = re.findall(r"<span>(\d+) photos?</span>.*?name=\"face\" value=\"(\d+)\"", page)
    return {int(face): int(photos) for photos, face in found}


def cluster_of(face: Face) -> int:
    face.refresh_from_db()
    assert face.cluster is not None
    return face.cluster


class TestOnePerson:
    def test_selected_people_become_one_and_can_be_undone(
        self, world: World, alice: Client
    ) -> None:
        one, other = add_photos(world, fakes.DORA, fakes.ALICE)
        before = tiles(world, alice)
        sent = {"face": [one.pk, other.pk]}
        page = alice.post(address(world, "unknown_people"), sent, follow=True)
        assert cluster_of(one) == cluster_of(other)
        assert len(tiles(world, alice)) == len(before) - 1
        work_off()
        assert cluster_of(one) == cluster_of(other)
        (key,) = re.findall(r'name="decision" value="(group-\d+)"', page.content.decode())
        undone = alice.post(address(world, "decisions"), {"decision": key, "from": "unknown"})
        assert undone["Location"] == address(world, "unknown_people")
        work_off()
        assert tiles(world, alice) == before

    @pytest.mark.parametrize("count", [0, 1])
    def test_one_face_is_too_few(self, world: World, alice: Client, count: int) -> None:
        faces = list(tiles(world, alice))[:count]
        page = alice.post(address(world, "unknown_people"), {"face": faces}, follow=True)
        assert "Choose at least two faces." in page.content.decode()
        assert not GroupDecision.objects.exists()


class TestSeveralPeople:
    @pytest.fixture
    def mixed(self, world: World) -> list[Face]:
        """Two people, of two photos each, who are one cluster."""
        faces = add_photos(world, fakes.DORA, fakes.ALICE, fakes.DORA, fakes.ALICE)
        decide_group(world, [faces[0], faces[1]])
        work_off()
        assert len({cluster_of(face) for face in faces}) == 1
        GroupDecision.objects.all().delete()
        return faces

    def test_machine_finds_more_like_an_unticked_face(
        self, world: World, alice: Client, mixed: list[Face]
    ) -> None:
        page_of = address(world, "unknown_person", cluster_of(mixed[0]))
        keys = [face.pk for face in mixed]
        sent = {"shown": keys, "face": [keys[0], *keys[2:]], "said": "similar"}
        page = alice.post(page_of, sent).content.decode()
        ticked = re.findall(r'name="face" value="(\d+)" checked', page)
        assert [int(key) for key in ticked] == [keys[0], keys[2]]
        assert not GroupDecision.objects.exists()

    def test_others_are_separated_and_stay_so(
        self, world: World, alice: Client, mixed: list[Face]
    ) -> None:
        page_of = address(world, "unknown_person", cluster_of(mixed[0]))
        keys = [face.pk for face in mixed]
        sent = {"shown": keys, "face": [keys[0], keys[2]], "said": "others"}
        page = text_of(alice.post(page_of, sent, follow=True).content)
        assert "Saved." in page
        assert page.count('name="shown"') == 2
        work_off()
        clusters = [cluster_of(face) for face in mixed]
        assert clusters[0] == clusters[2] != clusters[1] == clusters[3]

    @pytest.mark.parametrize("ticked", [0, 4])
    def test_none_and_all_are_no_separation(
        self, world: World, alice: Client, mixed: list[Face], ticked: int
    ) -> None:
        page_of = address(world, "unknown_person", cluster_of(mixed[0]))
        keys = [face.pk for face in mixed]
        sent = {"shown": keys, "face": keys[:ticked], "said": "others"}
        page = alice.post(page_of, sent, follow=True).content.decode()
        assert "clear the checkboxes of the others" in page
        assert not GroupDecision.objects.exists()


class TestFacesOfAPerson:
    @pytest.fixture
    def page_of(self, world: World) -> str:
        return address(world, "person_faces", world.bob.registrations.get().pk)

    def test_all_are_shown_and_ticked(self, world: World, alice: Client, page_of: str) -> None:
        page = text_of(alice.get(page_of).content)
        assert len(re.findall(r'name="face" value="\d+" checked', page)) == 2
        assert (
            page_of
            in alice.get(
                address(world, "guest_gallery", world.bob.registrations.get().pk)
            ).content.decode()
        )

    @pytest.mark.parametrize("said", ["is-not", "withhold"])
    def test_unticked_ones_are_taken_away(
        self, world: World, alice: Client, page_of: str, said: str
    ) -> None:
        bobs = the_face(world.bobs_photo)
        shared = Face.objects.get(photo=world.shared_photo, matches__status="match")
        sent = {"shown": [bobs.pk, shared.pk], "face": [shared.pk], "said": said}
        assert "Saved." in alice.post(page_of, sent, follow=True).content.decode()
        assert names_for(world.bob, world.event) == ["shared.png"]
        work_off()
        assert "bob.png" not in names_for(world.bob, world.event)

    def test_nothing_unticked_changes_nothing(
        self, world: World, alice: Client, page_of: str
    ) -> None:
        bobs = the_face(world.bobs_photo).pk
        sent = {"shown": [bobs], "face": [bobs], "said": "is-not"}
        page = alice.post(page_of, sent, follow=True).content.decode()
        assert "Clear the checkbox of at least one face first." in page
        assert not FaceDecision.objects.exists()


class TestDecisions:
    def test_who_decided_what_is_listed_and_can_be_undone(
        self, world: World, alice: Client
    ) -> None:
        decide(world, the_face(world.bobs_photo), Answer.IS_NOT, world.bob)
        decide_group(world, [the_face(world.doubtful_photo)], [the_face(world.bobs_photo)])
        page_of = address(world, "decisions")
        page = re.sub("<[^>]+>", "", text_of(alice.get(page_of).content))
        assert "2 decisions" in page
        assert page.index("someone else than") < page.index("It's not Bob Example. Alice Example,")
        keys = re.findall(r'value="(\w+-\d+)"', alice.get(page_of).content.decode())
        assert len(keys) == 2
        for key in keys:
            alice.post(page_of, {"decision": key})
        work_off()
        page = text_of(alice.get(page_of).content)
        assert page.count("Taken back") == 2
        assert "Undo" not in page
        assert "bob.png" in names_for(world.bob, world.event)

    def test_contradictions_and_lost_faces_are_shown(self, world: World, alice: Client) -> None:
        same = [the_face(world.bobs_photo), the_face(world.doubtful_photo)]
        group = decide_group(world, same)
        decide(world, same[0], Answer.IS, world.charlie)
        page_of = address(world, "decisions")
        assert "Contradicts" not in alice.get(page_of).content.decode()
        group.places.filter(photo=world.bobs_photo).update(is_other=True)
        decide(world, same[1], Answer.IS_NOT, world.charlie)
        group.places.update(is_other=False)
        page = alice.get(page_of).content.decode()
        assert page.count("Contradicts another decision") == 3
        Face.objects.filter(photo=world.bobs_photo).update(left=9_000, right=9_100)
        assert "A face isn't found there now" in text_of(alice.get(page_of).content)

    @pytest.mark.parametrize("key", ["", "group-", "group-x", "face-0", f"group-{'9' * 40}"])
    def test_unknown_decision_is_not_undone(self, world: World, alice: Client, key: str) -> None:
        assert alice.post(address(world, "decisions"), {"decision": key}).status_code == 404

    def test_decisions_of_other_events_are_not_undone(self, world: World, alice: Client) -> None:
        decide_group(world, [the_face(world.bobs_photo), the_face(world.doubtful_photo)])
        details = EventDetails(name="Picnic")
        other = create_event(creator=world.mallory, details=details, closes_at=timezone.now())
        GroupDecision.objects.update(event=other)
        key = f"group-{GroupDecision.objects.get().pk}"
        assert alice.post(address(world, "decisions"), {"decision": key}).status_code == 404

    def test_queries_do_not_grow(self, world: World, alice: Client) -> None:
        page_of = address(world, "decisions")
        decide_group(world, [the_face(world.bobs_photo), the_face(world.doubtful_photo)])
        alice.get(page_of)
        with CaptureQueriesContext(connection) as first:
            alice.get(page_of)
        for _ in range(5):
            decide_group(world, [the_face(world.bobs_photo), the_face(world.doubtful_photo)])
            decide(world, the_face(world.bobs_photo), Answer.IS_NOT, world.bob)
        with CaptureQueriesContext(connection) as more:
            alice.get(page_of)
        assert len(more) <= len(first) + 1  # the kind that there was none of
        assert len(more) <= 15


class TestCoHosts:
    """A co-host does not see people who agreed before there were co-hosts."""

    @pytest.fixture
    def helper(self, world: World) -> Client:
        user = new_user("helper")
        CoHost.objects.create(event=world.event, user=user)
        world.bob.registrations.get().consent.delete()  # the nearest to an earlier text
        return browser_of(user)

    def test_decisions_about_hidden_people_are_neither_shown_nor_undone(
        self, world: World, helper: Client
    ) -> None:
        place = dict.fromkeys(("left", "top", "right", "bottom"), 0)
        FaceDecision.objects.create(
            photo=world.bobs_photo, event=world.event, user=world.bob, answer=Answer.IS, **place
        )
        Match.objects.filter(registration__user=world.bob).update(status="match")
        decide_group(world, [the_face(world.bobs_photo), the_face(world.doubtful_photo)])
        page_of = address(world, "decisions")
        assert "decision-faces" not in helper.get(page_of).content.decode()
        for key in (
            f"group-{GroupDecision.objects.get().pk}",
            f"face-{FaceDecision.objects.get().pk}",
        ):
            assert helper.post(page_of, {"decision": key}).status_code == 404

    def test_hidden_faces_are_not_grouped(self, world: World, helper: Client) -> None:
        faces = [the_face(world.bobs_photo).pk, the_face(world.doubtful_photo).pk]
        helper.post(address(world, "unknown_people"), {"face": faces})
        assert not GroupDecision.objects.exists()

    def test_hidden_faces_stay_hidden_until_the_photo_is_sorted_again(
        self, world: World, helper: Client
    ) -> None:
        """Until then, only faces of the earlier analysis are matched."""
        decide_group(world, [the_face(world.bobs_photo), the_face(world.doubtful_photo)])
        analyze_again(world)
        face = the_face(world.bobs_photo)
        page = helper.get(address(world, "photo", world.bobs_photo.pk), {"face": face.pk})
        assert "Only the event's creator can correct it." in text_of(page.content)
        said = {"face": face.pk, "answer": "no-face"}
        answer = address(world, "decide", world.bobs_photo.pk)
        assert helper.post(answer, said).status_code == 404
        key = f"group-{GroupDecision.objects.get().pk}"
        assert helper.post(address(world, "decisions"), {"decision": key}).status_code == 404
        assert Match.objects.filter(registration__user=world.bob, status="match").exists()

    def test_nothing_is_asked_about_hidden_faces(self, world: World, helper: Client) -> None:
        """An answer would not be saved."""
        match = the_face(world.bobs_photo).matches.get()
        match.pk, match.status = None, Match.Status.REVIEW
        match.registration = world.event.registrations.get(user=world.charlie)
        for photo, is_asked in ((world.bobs_photo, False), (world.doubtful_photo, True)):
            match.face = the_face(photo)
            match.save()
            page = helper.get(address(world, "review")).content.decode()
            assert ("Charlie Example" in page) is is_asked

    def test_faces_of_a_hidden_person_are_not_there(self, world: World, helper: Client) -> None:
        page_of = address(world, "person_faces", world.bob.registrations.get().pk)
        assert helper.get(page_of).status_code == 404
