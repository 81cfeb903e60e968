from importlib import import_module

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "picprocure.web"

    def ready(self) -> None:
        import_module("picprocure.web.operator.admin")  # registers the operators' pages
