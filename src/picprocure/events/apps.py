from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "picprocure.events"

    def ready(self) -> None:
        from picprocure.accounts import personal_data  # noqa: PLC0415 -- has models
        from picprocure.events.personal_data import PART  # noqa: PLC0415

        personal_data.register(PART)
