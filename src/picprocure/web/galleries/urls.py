from django.urls import path

from picprocure.web.galleries import views

app_name = "galleries"
urlpatterns = [
    path("<uuid:event_id>/", views.gallery, name="gallery"),
    path("<uuid:event_id>/ask/", views.ask, name="ask"),
    path("<uuid:event_id>/<uuid:photo_id>/", views.photo, name="photo"),
]
