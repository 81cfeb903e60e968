"""The whole journey, as people walk it: real photos, real engine, real worker, real mail.

The tests of this module are one story and run in their order: what one does, the next finds.
Who must get which photo was decided by looking at the photos.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import ExifTags, Image
from playwright.sync_api import expect

import stores
from browser import people, pictures
from browser.conftest import NewVisitor
from browser.mail import MailSink
from browser.patience import wait_for
from browser.people import Person
from browser.pictures import Picture
from browser.running_site import RunningSite
from browser.visitor import Visitor, ensure_shown, paths_below

pytestmark = [pytest.mark.browser, pytest.mark.stores]

EVENT_NAME = "Harvest supper"
DESCRIPTION = "Long tables in the old barn, until the lanterns go out."

# Seen by eye. The man of the portraits is Bob, the woman on the right of sample1 is Maya;
# together.jpg shows both. All others are strangers, and none of them is Alice.
HAND_LIST = {
    "alice": [],
    "bob": ["obama2.jpg", "obama3.jpg", "together.jpg"],
    "maya": ["sample1.jpg", "together.jpg"],
}
ALL_PHOTOS = [
    *("obama2.jpg", "obama3.jpg", "sample1.jpg", "sample2.jpg"),
    *("sample4.jpg", "sample5.jpg", "together.jpg"),
]
SIZES = ("thumbnail", "web", "original")

# Ways to ask that a door might forget.
UNTIDY: list[tuple[str, dict[str, str]]] = [
    ("GET", {}),
    ("HEAD", {}),
    ("GET", {"Range": "bytes=0-99"}),
    ("HEAD", {"If_None_Match": "*", "If_Modified_Since": "now"}),
]
# htmx notes, for this tab alone, the address of the last page that used it. That is no page.
HTMX_PLACE = "htmx-current-path-for-history"
Base = ExifTags.Base
WHEN = {Base.DateTimeOriginal, Base.SubsecTimeOriginal, Base.OffsetTimeOriginal}
MANY_FLOATS = re.compile(r"(?:-?\d+\.\d{3,}(?:e-?\d+)?[\s,;]+){8}")


@dataclass
class Party:
    """The people, each with a browser, and the event."""

    site: RunningSite
    persons: dict[str, Person]
    visitors: dict[str, Visitor]
    uploads: dict[str, Picture]
    event_id: str = ""
    links: set[str] = field(default_factory=set)  # to containers

    def __getitem__(self, who: str) -> Visitor:
        return self.visitors[who]

    @property
    def photo_ids(self) -> dict[str, str]:
        """Name → id, in the form that addresses have."""
        rows = self.site.rows("SELECT name, id FROM photos_photo")
        return {name: _dashed(photo_id) for name, photo_id in rows}

    def media(self, *names: str) -> set[str]:
        """Return the addresses of photos in every size."""
        ids = self.photo_ids
        return {f"/media/photos/{ids[name]}/{size}/" for name in names for size in SIZES}

    def event_page(self, part: str = "") -> str:
        return f"/events/{self.event_id}/{part}"

    @property
    def gallery_page(self) -> str:
        return f"/galleries/{self.event_id}/"

    def container_link(self, who: str) -> str:
        """Return what a visitor's gallery shows once the worker has filled the container."""
        visitor, label = self[who], "Link to the container"

        def is_there() -> bool:
            return label in visitor.ask(self.gallery_page).text()

        wait_for(is_there, "the link of the container", seconds=60)
        people.gallery(visitor, self.event_id)
        link = visitor.page.get_by_label(label).input_value()
        self.links.add(link)
        return link

    @property
    def azure(self) -> str:
        return self.site.environment["PICPROCURE_AZURE_CONNECTION_STRING"]

    @property
    def archive(self) -> str:
        return f"/media/events/{self.event_id}/gallery.zip"


@pytest.fixture(scope="module")
def site_settings() -> Iterator[dict[str, str]]:
    """With photos in Azure Blob Storage; the other browser tests have them in files."""
    with stores.azurite() as found:
        yield {**found, "sweep_seconds": "3"}


@pytest.fixture(scope="module")
def party(site: RunningSite, new_visitor: NewVisitor) -> Party:
    persons = {
        "alice": people.alice(),
        "bob": people.bob(),
        "maya": people.maya(),
        "mallory": people.mallory(),
    }
    shared = pictures.two_people_with_location()
    photos = [
        *(pictures.group(number) for number in (1, 2, 4, 5)),
        *(pictures.portrait(name) for name in ("obama2", "obama3")),
        shared,
    ]
    return Party(
        site,
        persons,
        {who: new_visitor() for who in [*persons, "anonymous"]},
        {photo.name: photo for photo in photos},
    )


def test_everybody_signs_up_with_their_face(party: Party) -> None:
    for who, person in party.persons.items():
        people.sign_up(party[who], person)
        ensure_shown(party[who].page.get_by_role("img", name="Photo 1 of your face"))
        party[who].open("/profile/data/")
        party[who].sees("You gave your consent on")


def test_of_several_people_in_a_photo_one_says_who_one_is(party: Party) -> None:
    """Another person's face is refused as a second photo."""
    bob = party["bob"]
    bob.open("/profile/face/new/")
    people.show_face(bob, pictures.group(4))
    bob.heading("Which face is yours?")
    faces = bob.page.get_by_role("radio")
    expect(faces).to_have_count(4)
    bob.page.get_by_role("radio", name="Face 2 of 4").check()
    bob.press("This is me")
    bob.sees("doesn't look like the person in your other photos")
    bob.open("/profile/face/")
    expect(bob.page.get_by_role("img", name="Photo")).to_have_count(1)


def test_alice_creates_an_event(party: Party) -> None:
    alice = party["alice"]
    party.event_id = people.create_event(alice, EVENT_NAME, DESCRIPTION, pictures.cover())
    alice.sees(DESCRIPTION)
    alice.open("/events/mine/")
    alice.sees(EVENT_NAME)
    cover = Image.open(io.BytesIO(alice.bytes_of(f"/media/events/{party.event_id}/cover/")))
    assert cover.size == (1200, 675)


def test_alice_publishes_it_as_containers(party: Party) -> None:
    alice = party["alice"]
    alice.open(party.event_page())
    alice.follow("Edit this event")
    people.show_more(alice)
    alice.page.get_by_label("Copy each guest's photos to cloud storage").check()
    alice.press("Save")
    alice.sees("Your changes were saved.")


def test_people_find_the_event_and_register(party: Party) -> None:
    for who in ("bob", "maya", "alice"):
        party[who].open("/events/")
        party[who].follow(EVENT_NAME)
        party[who].heading(EVENT_NAME)
        people.register(party[who], party.event_id)
        party[who].open("/events/registrations/")
        party[who].sees(EVENT_NAME)


def test_alice_sees_who_registered_with_their_photos(party: Party) -> None:
    alice = party["alice"]
    alice.open(party.event_page())
    alice.follow("People")
    alice.heading("People")
    listed = alice.page.locator("[data-people] > li")
    expect(listed).to_have_count(3)
    for who in ("bob", "maya", "alice"):
        entry = listed.filter(has_text=party.persons[who].name)
        ensure_shown(entry.locator("img"))


def test_alice_admits_them(party: Party) -> None:
    party["bob"].open(party.event_page())
    party["bob"].sees("approves each guest")
    people.admit_everybody(party["alice"], party.event_id)
    party["bob"].open(party.event_page())
    party["bob"].sees("After registration closes, the photos you're in appear")


def test_photos_come_once_registration_has_closed(party: Party) -> None:
    alice = party["alice"]
    alice.open(party.event_page("photos/"))
    alice.sees("You can upload photos after registration closes")
    expect(alice.page.get_by_label("Choose photos")).to_have_count(0)
    people.close_registration(alice, party.event_id)
    mallory = party["mallory"]
    mallory.open(party.event_page())
    mallory.sees("Registration has closed")
    expect(mallory.page.get_by_role("link", name="Register", exact=True)).to_have_count(0)


def test_alice_uploads_everything_at_once(party: Party) -> None:
    alice = party["alice"]
    files = [*party.uploads.values(), pictures.text_named_jpg()]
    people.choose_photos(alice, party.event_id, files)
    alice.sees("7 of 8 uploaded, 1 not uploaded")
    uploads = alice.page.get_by_role("main").get_by_role("listitem")
    refused = uploads.filter(has_text="notes.jpg")
    expect(refused).to_contain_text("JPEG, PNG, WebP, HEIC")
    for name in party.uploads:
        expect(uploads.filter(has_text=name)).to_contain_text("Stored.")


def test_the_page_shows_true_progress_until_all_is_sorted(party: Party) -> None:
    alice = party["alice"]
    people.show_uploaded(alice)
    people.wait_until_sorted(alice)
    [(faces,)] = party.site.rows("SELECT count(*) FROM recognition_face")
    shown = people.figures(alice)
    assert shown == {
        "stored": 7,
        "checked": 7,
        "faces found": faces,
        "guests found": 2,
    }
    assert faces >= 13  # seen by eye: 3 + 1 + 3 + 3 frontal ones in the groups, 1 + 1 + 2
    stored = party.site.rows("SELECT name, status FROM photos_photo ORDER BY name")
    assert stored == [(name, "analyzed") for name in ALL_PHOTOS]


def test_the_same_photo_again_is_kept_once(party: Party) -> None:
    alice = party["alice"]
    people.choose_photos(alice, party.event_id, [party.uploads["obama2.jpg"]])
    alice.sees("Already here as obama2.jpg. It is stored only once.")
    people.show_uploaded(alice)
    people.wait_until_sorted(alice)
    assert people.figures(alice)["stored"] == 7


@pytest.mark.parametrize("who", ["bob", "maya"])
def test_everybody_sees_the_photos_they_are_in_and_no_others(party: Party, who: str) -> None:
    visitor = party[who]
    assert sorted(people.gallery(visitor, party.event_id)) == HAND_LIST[who]
    visitor.sees(f"You have {len(HAND_LIST[who])} photos")
    visitor.open("/events/registrations/")
    visitor.sees(f"{len(HAND_LIST[who])} photos of you")


def test_alice_who_is_in_none_is_told_so_kindly(party: Party) -> None:
    alice = party["alice"]
    assert people.gallery(alice, party.event_id) == HAND_LIST["alice"]
    alice.sees("No photos of you yet")
    assert alice.ask(party.archive).status == 404


@pytest.mark.parametrize("who", ["bob", "maya"])
def test_bytes_come_for_the_photos_one_is_in_and_for_no_others(party: Party, who: str) -> None:
    mine = party.media(*HAND_LIST[who])
    for address in mine | party.media(*ALL_PHOTOS):
        expected = 200 if address in mine else 404
        for method in ("GET", "HEAD"):
            assert party[who].ask(address, method).status == expected, (method, address)


def test_bob_opens_one_large_and_walks_through_his_photos(party: Party) -> None:
    bob = party["bob"]
    people.gallery(bob, party.event_id)
    people.open_photo(bob, "obama2.jpg")
    large = bob.page.get_by_role("img", name="obama2.jpg")
    ensure_shown(large)
    assert large.evaluate("image => image.naturalHeight") == 1200
    seen = set()
    bob.page.keyboard.press("Escape")
    bob.heading("Your photos")
    bob.page.get_by_role("main").get_by_role("listitem").first.get_by_role("link").click()
    for place in ("1 of 3", "2 of 3", "3 of 3"):
        bob.heading(place)
        seen |= set(bob.image_names())
        bob.page.keyboard.press("ArrowRight")
    assert sorted(seen) == HAND_LIST["bob"]


@pytest.mark.parametrize("who", ["bob", "maya"])
def test_the_shared_photo_is_downloaded_without_its_location(party: Party, who: str) -> None:
    assert _tells_where(party.uploads["together.jpg"].content)
    people.gallery(party[who], party.event_id)
    people.open_photo(party[who], "together.jpg")
    name, content = party[who].download("Download")
    assert name == "together.jpg"
    assert not _tells_where(content)
    assert _same_picture(content, party.uploads["together.jpg"].content)


def test_no_size_of_a_photo_tells_where_it_was_taken(party: Party) -> None:
    for who in ("alice", "bob", "maya"):
        for address in party.media("together.jpg"):
            assert not _tells_where(party[who].bytes_of(address)), (who, address)


@pytest.mark.parametrize("who", ["bob", "maya"])
def test_all_photos_come_as_a_zip(party: Party, who: str) -> None:
    people.gallery(party[who], party.event_id)
    name, content = party[who].download(re.compile("^Download all"))
    assert name == f"{EVENT_NAME}.zip"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == HAND_LIST[who]
        for photo in HAND_LIST[who]:
            original = f"/media/photos/{party.photo_ids[photo]}/original/"
            member = archive.read(photo)
            assert member == party[who].bytes_of(original)
            assert not _tells_where(member)
            assert _same_picture(member, party.uploads[photo].content)


@pytest.mark.parametrize("who", ["bob", "maya"])
def test_everybodys_container_holds_their_photos_and_no_others(party: Party, who: str) -> None:
    held = stores.read_container(party.container_link(who))
    assert held is not None
    assert sorted(held) == HAND_LIST[who]
    for name, content in held.items():
        assert content == party[who].bytes_of(f"/media/photos/{party.photo_ids[name]}/original/")
        assert not _tells_where(content)
    assert len(_containers(party, "published")) == 2


@pytest.fixture(scope="module")
def hidden(party: Party) -> set[str]:
    """Return the event's addresses, collected while it has all its photos and people."""
    return _hidden_addresses(party)


def test_the_stranger_gets_nothing_by_any_address(party: Party, hidden: set[str]) -> None:
    mallory = party["mallory"]
    for address in sorted(hidden):
        for method, headers in UNTIDY:
            answer = mallory.ask(address, method, **headers)
            assert answer.status == 404, (method, address, headers)


def test_an_anonymous_visitor_gets_no_bytes_and_is_asked_to_sign_in(
    party: Party, hidden: set[str]
) -> None:
    anonymous = party["anonymous"]
    known = hidden | {party.event_page(), f"/media/events/{party.event_id}/cover/"}
    for address in sorted(known):
        for method, headers in UNTIDY:
            answer = anonymous.ask(address, method, **headers)
            if address.startswith("/media/"):
                assert answer.status == 404, (method, address, headers)
            else:
                assert answer.status == 302, (method, address, headers)
                assert answer.headers["location"].startswith("/account/login/")


def test_what_a_stranger_may_see_names_no_photo_and_no_person(party: Party) -> None:
    mallory = party["mallory"]
    for path in ("/events/", party.event_page()):
        mallory.open(path)
        page = mallory.page.content()
        assert EVENT_NAME in page
        assert not any(photo_id in page for photo_id in party.photo_ids.values())
        for who in ("bob", "maya"):
            person = party.persons[who]
            assert person.name not in page
            assert person.email not in page


def test_a_registered_person_learns_of_no_other_registered_person(party: Party) -> None:
    bob = party["bob"]
    for path in (party.event_page(), party.gallery_page):
        bob.open(path)
        assert party.persons["maya"].name not in bob.page.content()


def test_after_signing_out_the_back_button_shows_no_photo(party: Party) -> None:
    maya = party["maya"]
    people.gallery(maya, party.event_id)
    people.open_photo(maya, "sample1.jpg")
    people.sign_out(maya)
    for _ in ("the page that asked", "the photo"):
        maya.page.go_back()
        expect(maya.page.get_by_role("img", name="sample1.jpg")).to_have_count(0)
    maya.heading("Sign in")
    people.sign_in(maya, party.persons["maya"])


def test_a_photo_that_alice_takes_back_leaves_every_gallery_at_once(party: Party) -> None:
    alice, bob = party["alice"], party["bob"]
    people.gallery(bob, party.event_id)
    gone = party.media("obama3.jpg")
    assert {bob.ask(address).status for address in gone} == {200}
    link = party.container_link("bob")
    alice.open(party.event_page("photos/"))
    alice.follow("Delete obama3.jpg")
    alice.press("Delete obama3.jpg")
    alice.sees("obama3.jpg was deleted.")
    for who in ("alice", "bob", "maya"):
        assert {party[who].ask(address).status for address in gone} == {404}
    assert sorted(people.gallery(bob, party.event_id)) == ["obama2.jpg", "together.jpg"]
    assert stores.read_container(link) is None
    held = stores.read_container(party.container_link("bob"))
    assert sorted(held or {}) == ["obama2.jpg", "together.jpg"]


def test_leaving_closes_the_gallery_at_once(party: Party) -> None:
    bob = party["bob"]
    people.gallery(bob, party.event_id)
    mine = {
        *paths_below(bob.addresses(), "/galleries/", "/media/photos/"),
        *party.media("obama2.jpg", "together.jpg"),
        *(party.gallery_page, party.archive, party.event_page("progress/")),
    }
    assert {bob.ask(address).status for address in mine} == {200}
    link = party.container_link("bob")
    people.leave(bob, party.event_id)
    assert {bob.ask(address).status for address in mine} == {404}
    assert stores.read_container(link) is None
    bob.open("/events/registrations/")
    bob.sees("No photos yet")


def test_maya_keeps_her_photos_when_bob_has_left(party: Party) -> None:
    party["alice"].open(party.event_page())
    people.wait_until_sorted(party["alice"])
    assert sorted(people.gallery(party["maya"], party.event_id)) == HAND_LIST["maya"]


def test_a_forgotten_password_is_reset_with_the_code_from_the_mail(
    party: Party, mail: MailSink
) -> None:
    maya, old = party["maya"], party.persons["maya"]
    new = party.persons["maya"] = old.with_password("amber-Tide-over-stones-12")
    people.sign_out(maya)
    maya.open("/account/login/password/")
    maya.follow(re.compile("forgot", re.IGNORECASE))
    maya.field("E-mail address").fill(old.email)
    maya.press("Send me a code")
    maya.heading("Enter the code")
    maya.field("Code from the e-mail").fill(mail.code_for(old.email))
    maya.press("Continue")
    maya.heading("Choose a new password")
    maya.field("New Password").fill(new.password)
    maya.press("Save the new password")
    maya.page.wait_for_url("**/account/password/reset/done/")
    people.try_to_sign_in(maya, old)
    maya.sees("not correct")
    people.sign_in(maya, new)
    assert sorted(people.gallery(maya, party.event_id)) == HAND_LIST["maya"]


def test_deleting_an_account_leaves_nothing_of_it(party: Party) -> None:
    maya, person = party["maya"], party.persons["maya"]
    [(key,)] = party.site.rows(
        "SELECT image_key FROM recognition_reference r"
        " JOIN accounts_user u ON u.id = r.user_id WHERE u.email = ?",
        person.email,
    )
    assert f"picprocure-{key}" in stores.blobs(party.azure)
    link = party.container_link("maya")
    maya.open("/profile/data/")
    maya.follow(re.compile("^Delete your account"))
    people.confirm_identity(maya, person)
    maya.press("Delete my account")
    maya.sees("Your account and everything in it was deleted.")
    wait_for(
        lambda: "Deleted: your account" in maya.mail.texts_to(person.email)[-1], "the last mail"
    )
    assert f"picprocure-{key}" not in stores.blobs(party.azure)
    assert stores.read_container(link) is None
    assert not _containers(party, "published")
    left = party.site.rows("SELECT first_name FROM accounts_user ORDER BY first_name")
    assert left == [("Alice",), ("Bob",), ("Mallory",)]
    people.try_to_sign_in(maya, person)
    maya.sees("not correct")
    assert maya.ask(party.archive).status == 404


def test_when_the_event_has_ended_its_container_is_gone(party: Party) -> None:
    assert _containers(party, "event") == {f"picprocure-event-{party.event_id}"}
    party.site.change("UPDATE events_event SET expires_at = '2020-01-01 00:00:00'")
    wait_for(lambda: not _containers(party, "event"), "the end of the container", seconds=60)
    assert stores.containers(party.azure) == {"picprocure-references", "picprocure-choices"}
    assert party["alice"].ask(party.event_page()).status == 410


def test_the_log_gives_nobody_away(party: Party, mail: MailSink) -> None:
    log = party.site.log
    assert " DEBUG " in log
    secrets = {party.site.secret_key, *mail.codes()}
    assert len(secrets) > 1
    for visitor in party.visitors.values():
        secrets |= visitor.all_secrets()
    secrets |= {parse_qs(urlsplit(link).query)["sig"][0] for link in party.links}
    for person in party.persons.values():
        secrets |= {person.password, person.email, person.email.split("@")[0]}
    secrets |= {key for (key,) in party.site.rows("SELECT session_key FROM django_session")}
    assert sorted(_hint(secret) for secret in secrets if secret in log) == []


def test_the_log_holds_no_embedding(party: Party) -> None:
    log = party.site.log
    assert not MANY_FLOATS.search(log)
    stored = party.site.rows(
        "SELECT embedding FROM recognition_face WHERE embedding IS NOT NULL"
        " UNION SELECT embedding FROM recognition_reference"
    )
    assert stored
    for (embedding,) in stored:
        forms = {embedding[:16].hex(), base64.b64encode(embedding[:15]).decode()}
        assert not any(form in log for form in forms)


def test_no_page_made_the_browser_complain(party: Party) -> None:
    complaints = {who: visitor.complaints for who, visitor in party.visitors.items()}
    assert complaints == {who: [] for who in party.visitors}


def test_scripts_keep_no_page_in_any_browser(party: Party) -> None:
    for who, visitor in party.visitors.items():
        visitor.open("/")
        kept = visitor.kept_by_scripts()
        kept.pop(HTMX_PLACE, None)
        assert kept == {}, who


def _containers(party: Party, kind: str) -> set[str]:
    found = stores.containers(party.azure)
    return {name for name in found if name.startswith(f"picprocure-{kind}-")}


def _hidden_addresses(party: Party) -> set[str]:
    """Return the addresses of the event's photos and people on pages, and some that no page has."""
    seen: set[str] = set()
    for who in ("alice", "bob", "maya"):
        for path in party.gallery_page, party.event_page():
            party[who].open(path)
            seen |= party[who].addresses()
        for path in paths_below(set(seen), party.gallery_page):
            if party[who].ask(path).status == 200:
                party[who].open(path)
                seen |= party[who].addresses()
        party[who].open("/profile/face/")
        seen |= party[who].addresses()
    for part in ("photos/", "people/"):
        party["alice"].open(party.event_page(part))
        seen |= party["alice"].addresses()
    assert seen >= party.media("together.jpg")
    shown = paths_below(seen, "/galleries/", "/media/", party.event_page())
    known = party.media(*ALL_PHOTOS) | {party.archive, party.gallery_page}
    known |= {f"{party.gallery_page}{photo_id}/" for photo_id in party.photo_ids.values()}
    known |= {party.event_page(part) for part in ("progress/", "people/", "photos/", "delete/")}
    open_to_all = {party.event_page(), f"/media/events/{party.event_id}/cover/"}
    return (shown | known) - open_to_all


def _tells_where(content: bytes) -> bool:
    """Whether a photo, or a copy of it, carries anything a camera wrote about its owner."""
    with Image.open(io.BytesIO(content)) as image:
        exif = image.getexif()
        place = bool(exif.get_ifd(pictures.GPS_DIRECTORY))
        own = set(exif.get_ifd(ExifTags.IFD.Exif)) - WHEN
        told = place or bool(own) or not set(exif) <= {Base.Orientation, Base.ExifOffset}
    return told or pictures.CAMERA_OWNER.encode() in content or b"GPS" in content


def _same_picture(one: bytes, other: bytes) -> bool:
    """Whether two files hold the same pixels: cleaned, not compressed again."""
    with Image.open(io.BytesIO(one)) as first, Image.open(io.BytesIO(other)) as second:
        return first.tobytes() == second.tobytes()


def _dashed(photo_id: str) -> str:
    return "-".join(
        photo_id[start:end] for start, end in ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
    )


def _hint(secret: str) -> str:
    """Enough to find the leak by, without printing the secret."""
    return f"{len(secret)} characters, SHA-256 {hashlib.sha256(secret.encode()).hexdigest()[:8]}"
