from django.urls import path

from picprocure.web.media import views

app_name = "media"
urlpatterns = [
    path("photos/<uuid:photo_id>/<slug:size>/", views.photo, name="photo"),
    path("photos/<uuid:photo_id>/around/<int:x>-<int:y>/<int:side>/", views.face, name="face"),
    path("events/<uuid:event_id>/cover/", views.cover, name="cover"),
    path("invitation/<str:token>/cover/", views.cover_of_invitation, name="cover_of_invitation"),
    path("events/<uuid:event_id>/gallery.zip", views.archive, name="archive"),
    path("events/<uuid:event_id>/photos.zip", views.event_archive, name="event_archive"),
    path("events/<uuid:event_id>/people.zip", views.people_archive, name="people_archive"),
    path("references/<uuid:reference_id>/", views.reference, name="reference"),
    path("my-data/", views.my_data, name="my_data"),
]
