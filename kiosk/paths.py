"""Where this console keeps its files. Owns names and permissions, opens nothing."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def state_dir() -> Path:
    """The console's folder: ``KIOSK_STATE_DIR``, else the platform's state folder."""
    override = os.environ.get("KIOSK_STATE_DIR")
    if override:
        return Path(override).expanduser().absolute()
    from platformdirs import user_state_path  # noqa: PLC0415 - not needed with the override

    return user_state_path("kiosk", appauthor=False)


def ensure_folder(folder: Path) -> Path:
    """The folder exists and is ours alone (0700)."""
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)
    return folder


def console_file(folder: Path) -> Path:
    return folder / "console.sqlite3"


def catalogue_file(folder: Path) -> Path:
    return folder / "catalogue.sqlite3"


def postal_file(folder: Path) -> Path:
    return folder / "postal.sqlite3"


def central_file(folder: Path) -> Path:
    return folder / "central" / "central.sqlite3"


def central_address_file(folder: Path) -> Path:
    """Where a central that serves this folder says at which URL it is."""
    return folder / "central.json"


def central_lock(folder: Path) -> Path:
    """Held by the one central that serves this folder."""
    return folder / "central.lock"


def central_log(folder: Path) -> Path:
    return folder / "central.log"


def holders_folder(folder: Path) -> Path:
    """A locked file for each running program that has drafts open."""
    return folder / "holders"


def sync_lock(folder: Path) -> Path:
    """Held by the one program on this host that syncs."""
    return folder / "sync.lock"
