"""The URLs of the django-allauth pages that this site uses, and no others."""

from allauth.account import views
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.usersessions import views as sessions
from django.urls import path

from picprocure.web.accounts import allauth_views, passkeys
from picprocure.web.accounts.identity import confirms_identity
from picprocure.web.accounts.views import code_mail
from picprocure.web.full_disk import uses_reserve

urlpatterns = [
    path(
        "login/",
        uses_reserve(allauth_views.RequestSignInCodeView.as_view()),
        name="account_request_login_code",
    ),
    path(
        "login/password/",
        uses_reserve(allauth_views.PasswordSignInView.as_view()),
        name="account_login",
    ),
    path(
        "login/code/",
        uses_reserve(allauth_views.SignInCodeView.as_view()),
        name="account_confirm_login_code",
    ),
    path("login/second-factor/", uses_reserve(second_factor.authenticate), name="mfa_authenticate"),
    path(
        "login/passkey/",
        uses_reserve(passkeys.PasskeySignInView.as_view()),
        name="mfa_login_webauthn",
    ),
    path("logout/", uses_reserve(views.logout), name="account_logout"),
    path("signup/", allauth_views.SignUpView.as_view(), name="account_signup"),
    path(
        "signup/code/",
        allauth_views.AddressCodeView.as_view(),
        name="account_email_verification_sent",
    ),
    path("mail/", code_mail, name="account_code_mail"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("password/", views.password_change, name="account_change_password"),
    path(
        "password/first/",
        confirms_identity(views.password_set),
        name="account_set_password",
    ),
    path(
        "password/reset/", allauth_views.PasswordResetView.as_view(), name="account_reset_password"
    ),
    path(
        "password/reset/code/",
        allauth_views.ResetCodeView.as_view(),
        name="account_confirm_password_reset_code",
    ),
    path(
        "password/reset/new/",
        views.CompletePasswordResetView.as_view(),
        name="account_complete_password_reset",
    ),
    path(
        "password/reset/done/",
        views.password_reset_from_key_done,
        name="account_password_reset_completed",
    ),
    path("email/", views.email, name="account_email"),
    path("again/", uses_reserve(views.reauthenticate), name="account_reauthenticate"),
    path(
        "again/code/",
        uses_reserve(allauth_views.ReauthenticationCodeRequestView.as_view()),
        name="account_request_reauthentication_code",
    ),
    path(
        "again/code/confirm/",
        uses_reserve(allauth_views.ReauthenticationCodeView.as_view()),
        name="account_confirm_reauthentication_code",
    ),
    path(
        "again/second-factor/",
        uses_reserve(second_factor.reauthenticate),
        name="mfa_reauthenticate",
    ),
    path(
        "again/passkey/",
        uses_reserve(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("security/passkey/", passkeys.AddPasskeyView.as_view(), name="mfa_add_webauthn"),
    path(
        "security/passkey/<int:pk>/remove/",
        passkeys.RemovePasskeyView.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("security/", second_factor.index, name="mfa_index"),
    path("security/app/", totp.activate_totp, name="mfa_activate_totp"),
    path("security/app/end/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("security/codes/", recovery_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path(
        "security/codes/new/",
        recovery_codes.generate_recovery_codes,
        name="mfa_generate_recovery_codes",
    ),
    path(
        "security/codes/file/",
        recovery_codes.download_recovery_codes,
        name="mfa_download_recovery_codes",
    ),
    path("security/sessions/", sessions.list_usersessions, name="usersessions_list"),
]
