from django.urls import path

from picprocure.web.accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("photo/", views.photo, name="photo"),
    path("withdraw/", views.withdraw_consent, name="withdraw"),
    path("delete/", views.delete, name="delete"),
]
