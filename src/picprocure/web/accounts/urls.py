from django.urls import path

from picprocure.web.accounts import views

app_name = "accounts"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("welcome/", views.welcome, name="welcome"),
    path("begin/", views.finish, name="finish"),
    path("preferences/", views.preferences, name="preferences"),
    path("data/", views.data, name="data"),
    path("withdraw/", views.withdraw_consent, name="withdraw"),
    path("delete/", views.delete, name="delete"),
]
