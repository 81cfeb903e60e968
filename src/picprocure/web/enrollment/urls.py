from django.urls import path

from picprocure.web.enrollment import liveness, views

app_name = "enrollment"
urlpatterns = [
    path("", views.references, name="references"),
    path("new/", views.start, name="start"),
    path("new/which/", views.choose, name="choose"),
    path("live/<uuid:event_id>/", liveness.liveness_check, name="live"),
    path("hint/", views.hint, name="hint"),
    path("<uuid:reference_id>/replace/", views.replace, name="replace"),
    path("<uuid:reference_id>/delete/", views.delete, name="delete"),
]
