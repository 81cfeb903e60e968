from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "picprocure.web"
