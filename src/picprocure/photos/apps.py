from django.apps import AppConfig


class PhotosConfig(AppConfig):
    name = "picprocure.photos"
