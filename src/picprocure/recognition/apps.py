from django.apps import AppConfig
from django.core.checks import register


class RecognitionConfig(AppConfig):
    name = "picprocure.recognition"

    def ready(self) -> None:
        from picprocure.accounts import personal_data  # noqa: PLC0415 -- has models
        from picprocure.recognition.personal_data import PART  # noqa: PLC0415
        from picprocure.recognition.sealed_values import count_heads  # noqa: PLC0415
        from picprocure.recognition.startup_checks import face_engine_is_ready  # noqa: PLC0415 -- has models
        from picprocure.storage.sealing import register_sealed_count  # noqa: PLC0415

        personal_data.register(PART)
        register(face_engine_is_ready)
        register_sealed_count(count_heads)
