from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "picprocure.accounts"

    def ready(self) -> None:
        from picprocure.accounts.second_factor import count_heads  # noqa: PLC0415 -- has models
        from picprocure.storage.sealing import count_sealed_by  # noqa: PLC0415

        count_sealed_by(count_heads)
