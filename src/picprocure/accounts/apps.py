from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "picprocure.accounts"

    def ready(self) -> None:
        from picprocure.accounts import personal_data  # noqa: PLC0415 -- has models
        from picprocure.accounts.second_factor import count_heads  # noqa: PLC0415
        from picprocure.storage.sealing import register_sealed_count  # noqa: PLC0415

        personal_data.register(personal_data.PART)
        register_sealed_count(count_heads)
