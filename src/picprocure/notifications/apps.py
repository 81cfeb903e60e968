from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "picprocure.notifications"

    def ready(self) -> None:
        from picprocure.accounts import personal_data  # noqa: PLC0415 -- has models
        from picprocure.notifications.personal_data import PART  # noqa: PLC0415

        personal_data.register(PART)
