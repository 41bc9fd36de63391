"""Bring the database's tables up to date."""

from __future__ import annotations

import os
import subprocess
import sys

from foundation.settings import ROOT, SettingError


def migrate(database_url: str) -> None:
    """Run every migration that has not run yet, storey by storey, as the owner of the database. Raises `SettingError` with Piccolo's words when one fails."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "FANFARE_DATABASE_ROLE": "",
        "PICCOLO_CONF": "entrypoints.piccolo_conf",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "piccolo.main", "migrations", "forwards", "all"],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SettingError(f"The database could not be migrated: {(done.stdout + done.stderr).strip()[-2000:]}")
