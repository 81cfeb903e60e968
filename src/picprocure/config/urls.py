"""The URLs of the site."""

from __future__ import annotations

from django.urls import include, path

from picprocure.web.events.invitations import short_invitation
from picprocure.web.operator.site import operator

handler429 = "picprocure.web.limits.limit_page"  # django-allauth's hook
handler400 = "picprocure.web.errors.bad_request"
handler500 = "picprocure.web.errors.server_error"

urlpatterns = [
    path("", include("picprocure.web.pages.urls")),
    path("account/", include("picprocure.web.accounts.urls_allauth")),
    path("profile/", include("picprocure.web.accounts.urls")),
    path("profile/face/", include("picprocure.web.enrollment.urls")),
    path("events/", include("picprocure.web.events.urls")),
    path("i/<str:code>/", short_invitation, name="short_invitation"),
    path("galleries/", include("picprocure.web.galleries.urls")),
    path("operator/", operator.urls),
    path("media/", include("picprocure.web.media.urls")),
]
