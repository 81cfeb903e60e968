from django.urls import path

from picprocure.web.events import approvals, hosting, invitations, people, uploads, views

app_name = "events"
urlpatterns = [
    path("", views.event_list, name="list"),
    path("home/", views.home, name="home"),
    path("mine/", views.mine, name="mine"),
    path("registrations/", views.registrations, name="registrations"),
    path("hosting/", hosting.hosting_invitations, name="hosting_invitations"),
    path("hosting/<str:token>/", invitations.invited_to_host, name="invited_to_host"),
    path("no-invitations/<str:token>/", invitations.refuse_invitations, name="refuse_invitations"),
    path("new/", hosting.create, name="create"),
    path("invitation/<str:token>/", invitations.invitation, name="invitation"),
    path("<uuid:event_id>/", views.detail, name="detail"),
    path("<uuid:event_id>/join/", views.join, name="join"),
    path(
        "<uuid:event_id>/join/without-face/",
        views.register_without_face,
        name="register_without_face",
    ),
    path("<uuid:event_id>/leave/", views.leave, name="leave"),
    path("<uuid:event_id>/progress/", views.progress, name="progress"),
    path("<uuid:event_id>/invite/", invitations.invite, name="invite"),
    path("<uuid:event_id>/invite/revoke/", invitations.revoke, name="revoke"),
    path(
        "<uuid:event_id>/invite/<int:invitation_id>/qr-code.<slug:kind>",
        invitations.qr_code,
        name="qr_code",
    ),
    path("<uuid:event_id>/invite/<int:invitation_id>/poster/", invitations.poster, name="poster"),
    path("<uuid:event_id>/edit/", hosting.edit, name="edit"),
    path("<uuid:event_id>/closing/", hosting.closing, name="closing"),
    path("<uuid:event_id>/close/", hosting.close, name="close"),
    path("<uuid:event_id>/delete/", hosting.delete, name="delete"),
    path("<uuid:event_id>/hosts/", hosting.co_hosts, name="co_hosts"),
    path("<uuid:event_id>/hosts/remove/", hosting.remove_co_host, name="remove_co_host"),
    path("<uuid:event_id>/hosts/accept/", hosting.accept_hosting, name="accept_hosting"),
    path("<uuid:event_id>/hosts/decline/", hosting.decline_hosting, name="decline_hosting"),
    path("<uuid:event_id>/hosts/stop/", hosting.stop_hosting, name="stop_hosting"),
    path("<uuid:event_id>/people/", people.people, name="people"),
    path("<uuid:event_id>/people/write/", people.write, name="write"),
    path("<uuid:event_id>/people/admit/", approvals.admit, name="admit"),
    path("<uuid:event_id>/people/refuse/", approvals.refuse_all, name="refuse_all"),
    path("<uuid:event_id>/people/guest-list/", people.guest_list, name="guest_list"),
    path("<uuid:event_id>/people/<int:registration_id>/", people.person, name="person"),
    path(
        "<uuid:event_id>/people/<int:registration_id>/dismiss/", approvals.dismiss, name="dismiss"
    ),
    path("<uuid:event_id>/people/<int:registration_id>/refuse/", approvals.refuse, name="refuse"),
    path(
        "<uuid:event_id>/people/<int:registration_id>/reconsider/",
        approvals.reconsider,
        name="reconsider",
    ),
    path(
        "<uuid:event_id>/people/<int:registration_id>/same-person/",
        approvals.same_person,
        name="same_person",
    ),
    path("<uuid:event_id>/photos/", uploads.photos, name="photos"),
    path("<uuid:event_id>/photos/known/", uploads.known, name="known"),
    path("<uuid:event_id>/photos/release/", hosting.release, name="release"),
    path("<uuid:event_id>/photos/retry/", uploads.retry_all, name="retry_all"),
    path("<uuid:event_id>/photos/<uuid:photo_id>/retry/", uploads.retry, name="retry"),
    path(
        "<uuid:event_id>/photos/<uuid:photo_id>/delete/",
        uploads.delete_photo,
        name="delete_photo",
    ),
]
