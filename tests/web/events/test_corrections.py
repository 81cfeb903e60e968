"""Hosts correct whose a face is, on the page of a photo and in the review."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

import fakes
from conftest import World, browser_of, names_for, new_user, text_of, upload, work_off
from picprocure.events.models import CoHost, Event, Registration
from picprocure.photos.models import Photo
from picprocure.recognition.models import Face, FaceDecision, Match

pytestmark = pytest.mark.django_db


def photo_page(world: World, photo: Photo, persona: str = "alice", face: int | None = None) -> str:
    address = reverse("events:photo", args=[world.event.pk, photo.pk])
    answer = world.client(persona).get(address, {"face": face} if face else {})
    assert answer.status_code == 200
    return text_of(answer.content)


def the_face(photo: Photo) -> Face:
    return Face.objects.current().get(photo=photo)


def registration_of(world: World, name: str) -> Registration:
    return world.event.registrations.get(user=getattr(world, name))


def decide(world: World, photo: Photo, answer: str, name: str | None = None, **sent: Any) -> Any:
    form = {"face": the_face(photo).pk, "answer": answer, **sent}
    if name:
        form["registration"] = registration_of(world, name).pk
    address = reverse("events:decide", args=[world.event.pk, photo.pk])
    return world.client("alice").post(address, form, follow=True)


class TestPhotoPage:
    def test_host_sees_each_face_and_whose_it_is(self, world: World) -> None:
        page = photo_page(world, world.shared_photo)
        assert page.count('class="face-box') == page.count('class="face-crop"') == 2
        assert "Bob Example" in page
        assert "Unknown" in page
        assert "This is" not in page  # until a face is open

    def test_open_face_has_its_reason_and_people_to_choose(self, world: World) -> None:
        face = the_face(world.bobs_photo)
        page = photo_page(world, world.bobs_photo, face=face.pk)
        assert face.matches.get().reason in page
        options = re.findall(r"<option[^>]*>([^<]+)", page)
        assert {"Bob Example", "Charlie Example"} <= set(options)

    def test_doubtful_person_is_named_with_the_reason(self, world: World) -> None:
        face = the_face(world.doubtful_photo)
        assert "Bob Example?" in photo_page(world, world.doubtful_photo)
        page = photo_page(world, world.doubtful_photo, face=face.pk)
        assert "It may be Bob Example, who doesn't get the photo" in page

    @pytest.mark.parametrize("face", ["x", "0", "9" * 40])
    def test_unknown_face_opens_nothing(self, world: World, face: Any) -> None:
        assert 'id="face"' not in photo_page(world, world.bobs_photo, face=face)

    def test_host_takes_a_photo_away_and_takes_that_back(self, world: World) -> None:
        page = text_of(decide(world, world.bobs_photo, "is-not", "bob").content)
        assert names_for(world.bob, world.event) == ["shared.png"]
        assert "It's not Bob Example. Alice Example, " in re.sub("<[^>]+>", "", page)
        decision = FaceDecision.objects.get()
        address = reverse("events:undo_decision", args=[world.event.pk, world.bobs_photo.pk])
        world.client("alice").post(address, {"decision": decision.pk})
        work_off()
        assert names_for(world.bob, world.event) == ["bob.png", "shared.png"]
        face = the_face(world.bobs_photo)
        assert "Taken back" in photo_page(world, world.bobs_photo, face=face.pk)

    def test_host_gives_a_photo(self, world: World) -> None:
        decide(world, world.bobs_photo, "is", "charlie")
        assert names_for(world.charlie, world.event) == ["bob.png"]

    def test_match_is_confirmed_once(self, world: World) -> None:
        face = the_face(world.bobs_photo).pk
        assert "Yes, it's Bob Example" in photo_page(world, world.bobs_photo, face=face)
        decide(world, world.bobs_photo, "is", "bob")
        page = photo_page(world, world.bobs_photo, face=face)
        assert "Yes, it's" not in page
        assert "It's not Bob Example" in page

    def test_host_says_that_it_is_no_face(self, world: World) -> None:
        decide(world, world.bobs_photo, "no-face")
        assert "Not a face" in photo_page(world, world.bobs_photo)
        assert names_for(world.bob, world.event) == ["shared.png"]

    def test_person_without_a_usable_photo_is_refused_with_a_way_out(self, world: World) -> None:
        world.charlie.references.all().delete()
        answer = decide(world, world.bobs_photo, "is", "charlie")
        assert "Share the photo by hand." in answer.content.decode()
        assert not FaceDecision.objects.exists()

    @pytest.mark.parametrize("wrong", ["answer", "face", "registration", "another photo"])
    def test_wrong_forms_change_nothing(self, full_world: World, wrong: str) -> None:
        form: dict[str, Any] = {
            "face": the_face(full_world.bobs_photo).pk,
            "answer": "is-not",
            "registration": registration_of(full_world, "bob").pk,
        }
        photo = full_world.bobs_photo
        if wrong == "another photo":
            photo = full_world.doubtful_photo
        elif wrong == "registration":
            another = Event.objects.exclude(pk=full_world.event.pk).first() or make_event(
                full_world
            )
            form["registration"] = Registration.objects.create(
                event=another, user=full_world.mallory, status="admitted"
            ).pk
        else:
            form[wrong] = "x"
        address = reverse("events:decide", args=[full_world.event.pk, photo.pk])
        assert full_world.client("alice").post(address, form).status_code == 404
        assert not FaceDecision.objects.exists()


def make_event(world: World) -> Event:
    return Event.objects.create(
        creator=world.alice,
        name="Picnic",
        registration_closes_at=timezone.now(),
        expires_at=timezone.now() + timedelta(days=1),
    )


class TestCoHost:
    """People who agreed to a text that doesn't name co-hosts stay hidden from them."""

    @pytest.fixture
    def helper(self, world: World) -> Any:
        helper = new_user("helper")
        CoHost.objects.create(event=world.event, user=helper)
        registration_of(world, "bob").consent.delete()  # the nearest to an earlier text
        return browser_of(helper)

    def test_hidden_person_is_not_named(self, world: World, helper: Any) -> None:
        Match.objects.filter(registration__user=world.bob).update(status="match")
        for photo in (world.bobs_photo, world.doubtful_photo):
            address = reverse("events:photo", args=[world.event.pk, photo.pk])
            for query in ({}, {"face": the_face(photo).pk}):
                page = text_of(helper.get(address, query).content)
                assert "Bob" not in page
                assert "A guest" in page

    def test_hidden_person_is_not_reviewed_or_decided_about(
        self, world: World, helper: Any
    ) -> None:
        page = text_of(helper.get(reverse("events:review", args=[world.event.pk])).content)
        assert "Nothing is doubtful." in page
        bob = registration_of(world, "bob").pk
        face = the_face(world.doubtful_photo)
        sent = {"registration": bob, "face": face.pk, "answer": "yes"}
        assert helper.post(reverse("events:answer", args=[world.event.pk]), sent).status_code == 404
        address = reverse("events:decide", args=[world.event.pk, world.doubtful_photo.pk])
        assert helper.post(address, {**sent, "answer": "is"}).status_code == 404

    def test_photo_is_not_taken_from_a_hidden_person(self, world: World, helper: Any) -> None:
        Match.objects.filter(registration__user=world.bob).update(status="match")
        face = the_face(world.bobs_photo).pk
        charlie = registration_of(world, "charlie").pk
        address = reverse("events:photo", args=[world.event.pk, world.bobs_photo.pk])
        page = text_of(helper.get(address, {"face": face}).content)
        assert 'name="answer"' not in page
        for said in ("is", "is-not", "no-face"):
            sent = {"registration": charlie, "face": face, "answer": said}
            assert helper.post(f"{address}decide/", sent).status_code == 404
        for said in ("yes", "no"):
            sent = {"registration": charlie, "face": face, "answer": said}
            helper.post(reverse("events:answer", args=[world.event.pk]), sent)
        unknown = reverse("events:unknown_person", args=[world.event.pk, 1])
        helper.post(unknown, {"registration": charlie, "face": face})
        assert not FaceDecision.objects.exists()
        assert "bob.png" in names_for(world.bob, world.event)

    def test_decision_about_a_hidden_person_is_neither_shown_nor_taken_back(
        self, world: World, helper: Any
    ) -> None:
        decision = FaceDecision.objects.create(
            photo=world.bobs_photo,
            event=world.event,
            **{side: getattr(the_face(world.bobs_photo), side) for side in SIDES},
            answer="is not",
            user=world.bob,
            decided_by=world.alice,
        )
        face = the_face(world.bobs_photo).pk
        address = reverse("events:photo", args=[world.event.pk, world.bobs_photo.pk])
        assert "Decisions" not in text_of(helper.get(address, {"face": face}).content)
        undo = reverse("events:undo_decision", args=[world.event.pk, world.bobs_photo.pk])
        assert helper.post(undo, {"decision": decision.pk}).status_code == 404
        decision.refresh_from_db()
        assert decision.undone_at is None


SIDES = ("left", "top", "right", "bottom")


class TestReview:
    @pytest.fixture
    def address(self, world: World) -> str:
        return reverse("events:review", args=[world.event.pk])

    def answer(self, world: World, page: str, said: str) -> str:
        """Answer the question on a page, and return the next page."""
        (first, *_) = page.split("</section>")
        fields = re.findall(r'name="(registration|face)" value="(\d+)"', first)
        sent: dict[str, Any] = {"answer": said}
        for name, value in fields:
            sent.setdefault(name, []).append(value)
        address = reverse("events:answer", args=[world.event.pk])
        answered = world.client("alice").post(address, sent, follow=True)
        assert answered.status_code == 200
        return text_of(answered.content)

    def page(self, world: World, address: str, **query: Any) -> str:
        return text_of(world.client("alice").get(address, query).content)

    def test_question_has_the_face_the_profile_photo_and_the_reason(
        self, world: World, address: str
    ) -> None:
        page = self.page(world, address)
        assert "1 question left. If every answer is yes, guests get 1 more photo." in page
        assert "Is this Bob Example?" in page
        assert reverse("media:reference", args=[world.bob.references.get().pk]) in page
        assert f"/photos/{world.doubtful_photo.pk}/around/" in page
        assert the_face(world.doubtful_photo).matches.get().reason in page

    @pytest.mark.parametrize(("said", "gets"), [("yes", True), ("no", False)])
    def test_answer_decides_and_can_be_taken_back(
        self, world: World, address: str, said: str, gets: bool
    ) -> None:
        name = world.doubtful_photo.name
        page = self.answer(world, self.page(world, address), said)
        assert "Nothing is doubtful." in page
        for _ in range(2):
            assert (name in names_for(world.bob, world.event)) is gets
            work_off()
        (key,) = re.findall(r'name="decision" value="(\d+)"', page)
        undo = reverse("events:undo_review", args=[world.event.pk])
        world.client("alice").post(undo, {"decision": key})
        work_off()
        assert name not in names_for(world.bob, world.event)
        assert not FaceDecision.objects.standing().exists()

    def test_script_gets_the_questions_that_it_does_not_have(
        self, world: World, address: str
    ) -> None:
        browser = world.client("alice")
        fetch: Any = {"HTTP_X_REQUESTED_WITH": "fetch"}
        (key,) = re.findall(r'data-question="(\d+)"', self.page(world, address))
        asked = text_of(browser.get(address, {}, **fetch).content)
        assert re.findall(r'data-question="(\d+)"', asked) == [key]
        assert "<html" not in asked
        for left_out in ({"have": key}, {"skip": key}):
            part = text_of(browser.get(address, left_out, **fetch).content)
            assert "data-question" not in part
            assert ("1 question left" in part) is ("have" in left_out)
        sent = {"registration": registration_of(world, "bob").pk, "answer": "yes"}
        sent |= {"face": the_face(world.doubtful_photo).pk}
        part = text_of(
            browser.post(reverse("events:answer", args=[world.event.pk]), sent, **fetch).content
        )
        decision = FaceDecision.objects.get()
        assert f'name="decision" value="{decision.pk}"' in part
        assert "Nothing is doubtful." in part
        undo = reverse("events:undo_review", args=[world.event.pk])
        assert "<html" not in text_of(
            browser.post(undo, {"decision": decision.pk}, **fetch).content
        )
        assert not FaceDecision.objects.standing().exists()

    def test_script_hears_why_an_answer_was_refused(self, world: World) -> None:
        world.bob.references.all().delete()
        sent = {"registration": registration_of(world, "bob").pk, "answer": "yes"}
        sent |= {"face": the_face(world.doubtful_photo).pk}
        answer = reverse("events:answer", args=[world.event.pk])
        part = world.client("alice").post(answer, sent, HTTP_X_REQUESTED_WITH="fetch")
        assert "Share the photo by hand." in part.content.decode()
        assert not FaceDecision.objects.exists()

    def test_people_who_may_both_be_it_are_shown_together(self, world: World, address: str) -> None:
        face, rival = the_face(world.doubtful_photo), registration_of(world, "charlie")
        doubt = {"status": "review", "distance": 0.6, "threshold": 0.48}
        Match.objects.create(face=face, registration=rival, reason="about as near", **doubt)
        page = self.page(world, address)
        assert "Is this Bob Example, or Charlie Example?" in page
        for user in (world.bob, world.charlie):
            assert reverse("media:reference", args=[user.references.get().pk]) in page
        answer = reverse("events:answer", args=[world.event.pk])
        sent = {"answer": "yes", "face": face.pk, "registration": rival.pk}
        page = text_of(world.client("alice").post(answer, sent, follow=True).content)
        assert "You said: it's Charlie Example." in page
        assert "Nothing is doubtful." in page
        assert names_for(world.charlie, world.event) == [world.doubtful_photo.name]

    @pytest.mark.parametrize("said", [None, "", "maybe"])
    def test_form_without_an_answer_decides_nothing(
        self, world: World, address: str, said: str | None
    ) -> None:
        sent: dict[str, Any] = {"face": the_face(world.doubtful_photo).pk}
        sent |= {"registration": registration_of(world, "bob").pk}
        sent |= {} if said is None else {"answer": said}
        answer = reverse("events:answer", args=[world.event.pk])
        assert world.client("alice").post(answer, sent).status_code == 404
        assert not FaceDecision.objects.exists()

    def test_yes_twice_is_taken_back_at_once(self, world: World, address: str) -> None:
        """A key that is pressed twice sends the form twice."""
        first = self.page(world, address)
        self.answer(world, first, "yes")
        page = self.answer(world, first, "yes")
        (key,) = re.findall(r'name="decision" value="(\d+)"', page)
        undo = reverse("events:undo_review", args=[world.event.pk])
        world.client("alice").post(undo, {"decision": key})
        assert not FaceDecision.objects.standing().exists()
        assert world.doubtful_photo.name not in names_for(world.bob, world.event)

    def test_other_hosts_decisions_are_not_taken_back_here(
        self, world: World, address: str
    ) -> None:
        self.answer(world, self.page(world, address), "yes")
        FaceDecision.objects.update(decided_by=world.charlie)
        undo = reverse("events:undo_review", args=[world.event.pk])
        world.client("alice").post(undo, {"decision": FaceDecision.objects.get().pk})
        assert FaceDecision.objects.standing().exists()

    def test_decision_whose_face_is_not_found_any_more_is_listed(
        self, world: World, address: str
    ) -> None:
        decide(world, world.bobs_photo, "is-not", "bob")
        assert "Decisions without a face" not in self.page(world, address)
        Face.objects.filter(photo=world.bobs_photo).update(left=9_000, right=9_100)
        page = self.page(world, address)
        assert "Decisions without a face" in page
        assert f"{world.bobs_photo.name}</a>: It's not Bob Example." in page

    def test_skipped_question_is_not_asked_until_the_host_wants_it(
        self, world: World, address: str
    ) -> None:
        (key,) = re.findall(r'name="skip" value="(\d+)"', self.page(world, address))
        page = self.page(world, address, skip=key)
        assert "Only the questions that you skipped are left." in page
        assert "Is this" not in page

    def test_person_who_was_refused_since_then_gets_nothing(
        self, world: World, address: str
    ) -> None:
        page = self.page(world, address)
        Registration.objects.filter(user=world.bob).update(status="pending")
        page = self.answer(world, page, "yes")
        assert "Share the photo by hand." in page
        assert names_for(world.bob, world.event) == []
        assert not FaceDecision.objects.exists()

    def test_questions_that_decide_most_photos_come_first(self, world: World, address: str) -> None:
        photos = [
            upload(world.event, fakes.stripes(fakes.DORA, serial=50 + number), f"{number}.png")
            for number in range(2)
        ]
        work_off()
        Match.objects.filter(status="review").delete()
        Face.objects.filter(photo__in=photos).update(cluster=77)
        for photo, name in ((world.doubtful_photo, "bob"), *((one, "charlie") for one in photos)):
            Match.objects.create(
                registration=registration_of(world, name),
                face=the_face(photo),
                status="review",
                distance=0.3 if name == "bob" else 0.4,
                threshold=0.3,
                reason="near",
            )
        page = self.page(world, address)
        assert "Is this Charlie Example?" in page
        assert "2 questions left. If every answer is yes, guests get 3 more photos." in page
        (first, second, _) = page.split("</section>")
        assert (first.count('name="face"'), second.count('name="face"')) == (2, 1)
        assert re.search(r"data-question=\"\d+\" hidden>", second)

    def test_queries_do_not_grow_with_the_doubts(
        self, world: World, address: str, django_assert_num_queries: Any
    ) -> None:
        face = the_face(world.doubtful_photo)
        match = face.matches.get()
        browser = world.client("alice")

        def doubts(count: int) -> None:
            for _ in range(count):
                face.pk = match.pk = None
                face.save()
                match.face = face
                match.save()

        doubts(2)
        with CaptureQueriesContext(connection) as first:
            browser.get(address)
        doubts(20)
        with django_assert_num_queries(len(first)):
            browser.get(address)
        assert len(first) <= 15


class TestUnknownPeople:
    @pytest.fixture
    def address(self, world: World) -> str:
        return reverse("events:unknown_people", args=[world.event.pk])

    def tiles(self, world: World, address: str) -> list[tuple[str, int]]:
        """Return the address and the number of photos of each tile."""
        page = text_of(world.client("alice").get(address).content)
        found = re.findall(rf'href="({address}\d+/)".*?<span>(\d+) photos?</span>', page)
        return [(link, int(photos)) for link, photos in found]

    def test_those_with_most_photos_come_first(self, world: World, address: str) -> None:
        for serial in range(60, 63):
            upload(world.event, fakes.stripes(fakes.DORA, serial=serial), f"{serial}.png")
        work_off()
        counts = [photos for _, photos in self.tiles(world, address)]
        assert counts[0] == 3
        assert counts == sorted(counts, reverse=True)

    def test_people_who_got_photos_are_not_unknown(self, world: World, address: str) -> None:
        known = Face.objects.filter(matches__status="match").values_list("cluster", flat=True)
        assert known
        for link, _ in self.tiles(world, address):
            assert int(link.rstrip("/").rsplit("/", 1)[1]) not in known

    def test_host_names_all_faces_of_a_person_at_once(self, world: World, address: str) -> None:
        for serial in range(60, 63):
            upload(world.event, fakes.stripes(fakes.DORA, serial=serial), f"{serial}.png")
        work_off()
        (link, _), *_ = self.tiles(world, address)
        page = text_of(world.client("alice").get(link).content)
        faces = re.findall(r'name="face" value="(\d+)" checked', page)
        assert len(faces) == 3
        sent = {"face": faces[:2], "registration": registration_of(world, "charlie").pk}
        answer = world.client("alice").post(link, sent, follow=True)
        assert "Charlie Example got 2 photos." in answer.content.decode()
        assert len(names_for(world.charlie, world.event)) == 2
        work_off()
        assert set(FaceDecision.objects.values_list("answer", "user")) == {("is", world.charlie.pk)}
        assert len(names_for(world.charlie, world.event)) >= 2

    def test_all_or_none_are_given(self, world: World, address: str) -> None:
        world.charlie.references.all().delete()
        faces = list(Face.objects.filter(photo=world.strangers_photo).values_list("pk", flat=True))
        (link, _), *_ = self.tiles(world, address)
        sent = {"face": faces, "registration": registration_of(world, "charlie").pk}
        page = world.client("alice").post(link, sent, follow=True).content.decode()
        assert "Share the photo by hand." in page
        assert not FaceDecision.objects.exists()

    def test_nothing_ticked_and_unknown_clusters_are_no_errors(
        self, world: World, address: str
    ) -> None:
        (link, _), *_ = self.tiles(world, address)
        sent = {"registration": registration_of(world, "charlie").pk}
        page = world.client("alice").post(link, sent, follow=True).content.decode()
        assert "You selected no faces." in page
        gone = reverse("events:unknown_person", args=[world.event.pk, 10**9])
        assert world.client("alice").get(gone)["Location"] == address

    def test_faces_of_other_events_are_not_given(self, full_world: World) -> None:
        other = make_event(full_world)
        cluster = reverse("events:unknown_person", args=[other.pk, 1])
        key = Registration.objects.create(event=other, user=full_world.bob, status="admitted").pk
        sent = {"face": the_face(full_world.bobs_photo).pk, "registration": key}
        assert full_world.client("alice").post(cluster, sent).status_code in (302, 404)
        assert not FaceDecision.objects.exists()

    def test_what_is_no_face_is_no_person(self, world: World, address: str) -> None:
        before = len(self.tiles(world, address))
        decide(world, world.doubtful_photo, "no-face")
        work_off()
        assert len(self.tiles(world, address)) <= before
        cluster = the_face(world.doubtful_photo).cluster
        assert not [1 for link, _ in self.tiles(world, address) if link.endswith(f"/{cluster}/")]
