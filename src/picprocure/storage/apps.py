from django.apps import AppConfig
from django.core.checks import Tags, register


class StorageConfig(AppConfig):
    name = "picprocure.storage"

    def ready(self) -> None:
        """Register the check of the database."""
        from picprocure.storage.schema import check_schema  # noqa: PLC0415 -- needs the apps

        register(check_schema, Tags.database)
