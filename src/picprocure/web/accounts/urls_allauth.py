"""The journeys that django-allauth walks, and no others of its pages."""

from allauth.account import views
from django.urls import path

from picprocure.web.accounts.views import SignUpView

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("signup/", SignUpView.as_view(), name="account_signup"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("password/", views.password_change, name="account_change_password"),
    path("password/reset/", views.password_reset, name="account_reset_password"),
    path(
        "password/reset/code/",
        views.confirm_password_reset_code,
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/new/",
        views.complete_password_reset,
        name="account_complete_password_reset",
    ),
    path(
        "password/reset/done/",
        views.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
]
