"""Django's admin for the people who run the site: useful, and blind.

No photo, face, reference or embedding can be opened or named here, nor where one is stored. Whoever
isn't staff gets the same 404 as for a page that doesn't exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver

from picprocure.notifications import outbox
from picprocure.pipeline.heartbeats import health
from picprocure.storage import reserve


class OperatorSite(admin.AdminSite):
    site_header = site_title = "PicProcure administration"
    index_title = "Overview"
    enable_nav_sidebar = False

    def get_urls(self) -> list[Any]:
        """Return the pages, none of which sends other people to a sign-in form.

        People who aren't staff must not learn of these pages. The address that reveals whether a
        row of any model exists is left out.
        """
        urls = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
        for pattern in _flat(urls):
            if pattern.callback != self.login:
                login_not_required(pattern.callback)
        return urls

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002 -- Django's
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                raise Http404
            response: HttpResponse = inner(request, *args, **kwargs)
            return response

        return guarded

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show the state of the site's jobs, mails and disk first."""
        mails = {"waiting": outbox.waiting(), "undelivered": outbox.undelivered()}
        disk = {"free_bytes": reserve.free_bytes(), "has_reserve": reserve.exists()}
        state = {"health": health(), "mails": mails, "disk": disk}
        return super().index(request, {**(extra_context or {}), **state})

    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """One signs in as everybody does."""
        raise Http404

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """One changes it as everybody does."""
        raise Http404

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Answer 404: no form here offers completions."""
        raise Http404


def _flat(patterns: Iterable[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _flat(pattern.url_patterns)
        else:
            yield pattern


operator = OperatorSite(name="operator")
