from django.urls import path

from picprocure.web.enrollment import views

app_name = "enrollment"
urlpatterns = [
    path("", views.references, name="references"),
    path("new/", views.start, name="start"),
    path("new/which/", views.choose, name="choose"),
    path("hint/", views.hint, name="hint"),
    path("<uuid:reference_id>/replace/", views.replace, name="replace"),
    path("<uuid:reference_id>/delete/", views.delete, name="delete"),
]
