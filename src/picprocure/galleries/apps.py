from django.apps import AppConfig
from django.db.models.signals import pre_delete


class GalleriesConfig(AppConfig):
    name = "picprocure.galleries"

    def ready(self) -> None:
        from picprocure.galleries.models import PublishedGallery  # noqa: PLC0415 -- apps first
        from picprocure.galleries.publishing import discard_container  # noqa: PLC0415

        # Whatever deletes the row, be it that of an event or of an account above it.
        pre_delete.connect(discard_container, sender=PublishedGallery)
