"""The default folders for data and front-end assets.

A checkout keeps both inside itself. An installed package keeps data in the platform's data folder,
and contains the assets.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import platformdirs

PACKAGE: Final = Path(__file__).resolve().parents[1]


def checkout() -> Path | None:
    """Return the root of the checkout that this code runs from, or None if it is installed."""
    root = PACKAGE.parent.parent
    return root if (root / "pyproject.toml").is_file() and PACKAGE.parent.name == "src" else None


def default_data_dir() -> Path:
    """Return `var` in a checkout, else the user's data folder of this platform."""
    root = checkout()
    return root / "var" if root else platformdirs.user_data_path("picprocure", appauthor=False)


def default_assets_dir() -> Path:
    """Return `node_modules` in a checkout, else the package's own folder."""
    root = checkout()
    return root / "node_modules" if root else PACKAGE / "assets"
