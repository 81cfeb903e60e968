from django.apps import AppConfig
from django.core.checks import register


class RecognitionConfig(AppConfig):
    name = "picprocure.recognition"

    def ready(self) -> None:
        from picprocure.recognition.checks import face_engine_is_ready  # noqa: PLC0415 -- has models

        register(face_engine_is_ready)
