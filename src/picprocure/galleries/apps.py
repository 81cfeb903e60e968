from django.apps import AppConfig
from django.db.models.signals import pre_delete


class GalleriesConfig(AppConfig):
    name = "picprocure.galleries"

    def ready(self) -> None:
        from picprocure.accounts import personal_data  # noqa: PLC0415 -- has models
        from picprocure.galleries.models import PublishedGallery  # noqa: PLC0415
        from picprocure.galleries.personal_data import PART  # noqa: PLC0415
        from picprocure.galleries.publishing import discard_container  # noqa: PLC0415

        personal_data.register(PART)
        # However the row is deleted, also with its event or account.
        pre_delete.connect(discard_container, sender=PublishedGallery)
