"""Paths that the bootstrap reads and writes. All are inside the checkout."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
REQUIREMENTS = ROOT / "requirements"
AZURITE = ROOT / "tests" / "azurite"
PHOTOS = ROOT / "var" / "photos"
TEST_MODELS = ROOT / "var" / "models"
TRIED_MODELS = ROOT / "var" / "models-tried.json"
ONE_AT_A_TIME = ROOT / "var" / "bootstrap.lock"
