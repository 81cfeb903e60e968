"""Django's admin for the people who run the site, without access to private content.

Operators can't open photos, faces, references or embeddings, and don't see where they are stored.
People who aren't staff get a 404, as for a page that doesn't exist.
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
        """Return the URLs of the admin, none of which redirects strangers to a sign-in form.

        People who aren't staff must not learn that these pages exist. The URL that reveals whether
        a row of any model exists is left out.
        """
        urls = [url for url in super().get_urls() if getattr(url, "name", "") != "view_on_site"]
        for pattern in _flatten(urls):
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
        """Show the state of the site's jobs, mails and disk."""
        mails = {"waiting": outbox.waiting(), "undelivered": outbox.undelivered()}
        disk = {"free_bytes": reserve.free_bytes(), "has_reserve": reserve.exists()}
        state = {"health": health(), "mails": mails, "disk": disk}
        return super().index(request, {**(extra_context or {}), **state})

    @login_not_required
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Answer 404: operators sign in on the same page as all others."""
        raise Http404

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """Answer 404: operators change their password on the same page as all others."""
        raise Http404

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        """Answer 404: no form here offers completions."""
        raise Http404


def _flatten(patterns: Iterable[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _flatten(pattern.url_patterns)
        else:
            yield pattern


operator = OperatorSite(name="operator")
