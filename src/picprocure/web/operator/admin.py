"""The operators' pages for each model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.filters import FieldListFilter
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.admin.options import IS_FACETS_VAR, IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, ORDER_VAR, PAGE_VAR, SEARCH_VAR
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from picprocure.accounts.models import Consent, User
from picprocure.events.models import Event, Registration
from picprocure.photos.models import Photo
from picprocure.pipeline import changes
from picprocure.pipeline.account_changes import delete_account, switch_off
from picprocure.recognition.models import Sorting
from picprocure.retention.models import ErasureReceipt
from picprocure.web.operator.site import operator

LIST_PARAMETERS: Final = {ALL_VAR, ERROR_FLAG, IS_FACETS_VAR, ORDER_VAR, PAGE_VAR}
ROW_PARAMETERS: Final = {"_changelist_filters", PAGE_VAR}


class RestrictedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Read-only pages. The log of changes identifies objects only by number.

    Pages accept only the parameters that they offer. Django's own admin can filter a list by any
    field of its model, so that hidden fields could be guessed character by character.
    """

    actions: Any = None
    editable: tuple[str, ...] = ()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return operator.has_permission(request)

    has_module_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.editable) and operator.has_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        _allow_only(request, self._list_parameters(request))
        return super().changelist_view(request, extra_context)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        _allow_only(request, ROW_PARAMETERS)
        return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        _allow_only(request, ROW_PARAMETERS)
        return super().delete_view(request, object_id, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        _allow_only(request, ROW_PARAMETERS)
        return super().history_view(request, object_id, extra_context)

    def _list_parameters(self, request: HttpRequest) -> set[str]:
        filters = [
            FieldListFilter.create(
                get_fields_from_path(self.model, name)[-1],
                *(request, {}, self.model, self),
                field_path=name,
            )
            for name in map(str, self.list_filter)
        ]
        offered = {
            str(name)
            for list_filter in filters
            for name in list_filter.expected_parameters()
            if name
        }
        return LIST_PARAMETERS | offered | ({SEARCH_VAR} if self.search_fields else set())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [str(name) for name in self.fields or () if name not in self.editable]

    def get_deleted_objects(
        self, objs: Iterable[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """Return a summary instead of a list of related objects by name."""
        names = [self._name(obj) for obj in objs]
        return [*names, "and everything in it"], {}, set(), []

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> LogEntry:
        return self._log(request, obj, CHANGE, message)

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> list[LogEntry]:
        return [self._log(request, obj, DELETION, "") for obj in queryset]

    def _log(self, request: HttpRequest, obj: Any, flag: int, message: Any) -> LogEntry:
        return LogEntry.objects.create(
            user_id=int(request.user.pk or 0),
            content_type=ContentType.objects.get_for_model(obj),
            object_id=str(obj.pk),
            object_repr=self._name(obj),
            action_flag=flag,
            change_message=message,
        )

    def _name(self, obj: Any) -> str:
        return f"{self.opts.verbose_name} {obj.pk}"


def _allow_only(request: HttpRequest, parameters: set[str]) -> None:
    """Refuse all other parameters, and pop-ups, which can find rows by any field."""
    if request.GET.keys() - parameters or {IS_POPUP_VAR, TO_FIELD_VAR} & request.POST.keys():
        raise Http404


@admin.register(User, site=operator)
class UserAdmin(RestrictedAdmin):
    list_display = ("email", "name", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "first_name", "last_name")
    fields = (
        *("first_name", "last_name", "email", "is_active", "is_staff", "is_superuser"),
        *("date_joined", "last_login", "registration_count", "event_count"),
    )
    editable = ("is_active", "is_staff", "is_superuser")

    @admin.display(description="registrations")
    def registration_count(self, user: User) -> int:
        return user.registrations.count()

    @admin.display(description="events created")
    def event_count(self, user: User) -> int:
        return user.created_events.count()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let only superusers change who is staff, or change staff accounts."""
        readonly = super().get_readonly_fields(request, obj)
        if request.user.is_superuser:
            return readonly
        protected = ["is_active"] if obj and (obj.is_staff or obj.is_superuser) else []
        return [*readonly, *protected, "is_staff", "is_superuser"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_superuser = bool(request.user.is_superuser)
        return is_superuser and (obj is None or obj != request.user)

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        delete_account(obj)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        if not obj.is_active:
            switch_off(obj)


@admin.register(Event, site=operator)
class EventAdmin(RestrictedAdmin):
    list_display = ("name", "creator", "registration_closes_at", "expires_at", "people", "photos")
    search_fields = ("name", "creator__email", "id")
    fields = (
        *("id", "name", "creator", "requires_approval", "liveness_check", "created_at"),
        *("registration_closes_at", "expires_at", "people", "photos"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return Event.objects.with_totals()

    def people(self, event: Any) -> int:
        return int(event.registration_count)

    def photos(self, event: Any) -> int:
        return int(event.photo_count)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return operator.has_permission(request)

    def delete_model(self, request: HttpRequest, obj: Event) -> None:
        changes.delete_event(obj)


@admin.register(Registration, site=operator)
class RegistrationAdmin(RestrictedAdmin):
    list_display = ("id", "event", "user", "status", "registered_at")
    list_filter = ("status",)
    search_fields = ("user__email", "event__name", "event__id")
    fields = ("event", "user", "status", "registered_at")


@admin.register(Photo, site=operator)
class PhotoAdmin(RestrictedAdmin):
    """The processing state of photos, without their names and storage keys."""

    list_display = ("id", "event", "status", "uploaded_at", "attempts", "crashes", "errors")
    list_filter = ("status",)
    search_fields = ("id", "event__id")
    fields = (
        *("id", "event", "status", "uploaded_at", "analyzed_at", "released_at"),
        *("content_type", "size_bytes", "width", "height", "engine_version"),
        *("attempts", "crashes", "errors"),
    )


@admin.register(Sorting, site=operator)
class SortingAdmin(RestrictedAdmin):
    list_display = ("event", "requested", "done", "sorted_at", "failure")
    fields = ("event", "requested", "done", "sorted_at", "failure")
    actions: Any = ("sort_again",)

    @admin.action(description="Match guests again in the selected events")
    def sort_again(self, request: HttpRequest, queryset: QuerySet[Sorting]) -> None:
        for sorting in queryset:
            changes.sort_again(sorting.pk)
        self.message_user(request, "Matching starts again for the selected events.")


@admin.register(Consent, site=operator)
class ConsentAdmin(RestrictedAdmin):
    list_display = ("user", "version", "given_at", "withdrawn_at")
    search_fields = ("user__email",)
    fields = ("user", "version", "text", "given_at", "withdrawn_at")


@admin.register(EmailAddress, site=operator)
class EmailAddressAdmin(RestrictedAdmin):
    list_display = ("email", "user", "verified", "primary")
    search_fields = ("email", "user__email")
    fields = ("email", "user", "verified", "primary")


@admin.register(ErasureReceipt, site=operator)
class ErasureReceiptAdmin(RestrictedAdmin):
    list_display = ("id", "kind", "erased_at", "counts")
    search_fields = ("id",)
    fields = ("id", "kind", "erased_at", "counts")
