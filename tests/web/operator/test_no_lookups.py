"""No query string gets anything from the operators' pages that they don't show."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.admin import ModelAdmin
from django.contrib.contenttypes.models import ContentType
from django.db.models import ForeignObjectRel, Model
from django.http import Http404, HttpRequest
from django.test import Client, RequestFactory
from django.urls import reverse

from conftest import World
from picprocure.accounts.models import User
from picprocure.recognition.models import Reference
from picprocure.web.operator.site import operator

LOOKUPS = ("", "__exact", "__startswith", "__isnull", "__in", "__gt", "__regex")
RELATED = {"password", "email", "sha256", "original_key", "embedding", "image_key", "name", "id"}


def list_of(model: type[Model]) -> str:
    return reverse(f"operator:{model._meta.app_label}_{model._meta.model_name}_changelist")


def listed(admin: ModelAdmin) -> set[str]:  # type: ignore[type-arg]
    """Return the query parameters of the list's own filters."""
    return {f"{name}{lookup}" for name in admin.list_filter for lookup in ("__exact", "__isnull")}


def fields_of(model: type[Model], depth: int = 2) -> Iterator[str]:
    """Yield every name by which Django can filter, including those of related models."""
    for field in model._meta.get_fields():
        if isinstance(field, ForeignObjectRel):
            name = field.field.related_query_name()
        else:
            name = field.name
        yield name
        if field.is_relation and field.related_model and depth > 1:
            others = fields_of(field.related_model, depth - 1)
            yield from (f"{name}__{other}" for other in others if other in RELATED)


@pytest.fixture
def client(full_world: World) -> Client:
    operator_account = full_world.others["operator"]
    operator_account.is_superuser = True
    operator_account.save()
    return full_world.client("operator")


def models() -> list[tuple[type[Model], ModelAdmin]]:  # type: ignore[type-arg]
    return list(operator._registry.items())


QUESTIONS = (
    "/operator/accounts/user/?password__startswith=md5",
    "/operator/photos/photo/?sha256=0",
    "/operator/photos/photo/?original_key__startswith=events",
    "/operator/events/registration/?user__password__startswith=md5",
    "/operator/events/event/?registrations__user__email__startswith=bob",
    "/operator/photos/photo/?faces__embedding__isnull=False",
    "/operator/accounts/user/?references__image_key__contains=a",
)


def test_unlisted_filter_is_refused(client: Client) -> None:
    for question in QUESTIONS:
        assert client.get(question.partition("?")[0]).status_code == 200
        assert client.get(question).status_code == 404, question


@pytest.fixture
def ask(full_world: World) -> Callable[..., HttpRequest]:
    """Build requests of a superuser, without a test client."""

    def make(model: type[Model], **question: str) -> HttpRequest:
        request = RequestFactory().get(list_of(model), question)
        request.user = User(is_staff=True, is_superuser=True, is_active=True)
        return request

    return make


def test_filters_by_every_field_of_every_model_are_refused_alike(
    ask: Callable[..., HttpRequest],
) -> None:
    asked = 0
    for model, admin in models():
        for field in fields_of(model):
            for lookup in LOOKUPS:
                if f"{field}{lookup}" not in listed(admin):
                    asked += 1
                    with pytest.raises(Http404):
                        admin.changelist_view(ask(model, **{f"{field}{lookup}": "1"}))
    assert asked > 1_000


def test_listed_filters_work(client: Client) -> None:
    for model, admin in models():
        for parameter in listed(admin):
            value = "False" if parameter.endswith("isnull") else "1"
            assert client.get(list_of(model), {parameter: value}).status_code in {200, 302}
        for parameter, value in (("p", "1"), ("o", "1"), ("all", ""), ("e", "1"), ("_facets", "1")):
            assert client.get(list_of(model), {parameter: value}).status_code == 200


def test_unlisted_filter_with_a_listed_one_is_refused(client: Client) -> None:
    page = "/operator/accounts/user/"
    question = {"is_active__exact": "1", "q": "bob", "password__startswith": "md5"}
    assert client.get(page, question).status_code == 404
    assert client.post(f"{page}?password__startswith=md5", {"action": "x"}).status_code == 404


def test_popups_that_find_rows_by_other_fields_are_refused(
    client: Client, full_world: World
) -> None:
    for view in ("changelist", "change", "delete", "history"):
        arguments = [] if view == "changelist" else [full_world.bob.pk]
        page = reverse(f"operator:accounts_user_{view}", args=arguments)
        assert client.get(page).status_code == 200
        for parameter in ("_popup", "_to_field"):
            for value in ("1", "id", "password"):
                assert client.get(page, {parameter: value}).status_code == 404
                assert client.post(page, {parameter: value}).status_code == 404
                assert client.post(f"{page}?{parameter}={value}").status_code == 404


def test_row_is_found_only_by_its_key(client: Client, full_world: World) -> None:
    page = reverse("operator:accounts_user_change", args=[full_world.bob.email])
    missing = reverse("operator:accounts_user_change", args=["none@example.org"])
    answers = [client.get(address) for address in (page, missing)]
    assert answers[0].status_code == answers[1].status_code
    by_name = reverse("operator:accounts_user_change", args=[full_world.bob.pk])
    assert client.get(by_name, {"password__startswith": "md5"}).status_code == 404


def test_autocomplete_is_refused(client: Client) -> None:
    question = {"app_label": "events", "model_name": "registration", "term": "bob"}
    for field in ("user", "event", "creator", "reference"):
        answer = client.get(reverse("operator:autocomplete"), {**question, "field_name": field})
        assert answer.status_code == 404


def test_no_url_reveals_whether_a_row_of_another_model_exists(
    client: Client, full_world: World
) -> None:
    kind = ContentType.objects.get_for_model(Reference)
    for pk in (full_world.bob.references.get().pk, "00000000-0000-0000-0000-000000000000"):
        answer = client.get(f"/operator/r/{kind.pk}/{pk}/")
        assert answer.status_code == 404
        assert b"eference" not in answer.content


def test_lists_can_be_sorted_and_searched_by_their_columns(ask: Callable[..., HttpRequest]) -> None:
    for model, admin in models():
        shown = {*admin.list_display, "pk", "id", *(model._meta.ordering or ())}
        for column in range(-30, 31):
            changes = admin.get_changelist_instance(ask(model, o=str(column)))
            ordered = {str(name).lstrip("-") for name in changes.queryset.query.order_by}
            assert ordered <= shown, (model, column)
        visible = {*shown, "first_name", "last_name"}  # as one name
        assert {field.partition("__")[0] for field in admin.search_fields} <= visible, model
        if not admin.search_fields:
            with pytest.raises(Http404):
                admin.changelist_view(ask(model, q="a"))
