"""A real worker sends mails, tries deferred ones again, and gives up refused ones."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from browser.patience import wait_for
from browser.running_site import RunningSite
from notifications.picky_server import PickyServer

pytestmark = pytest.mark.worker

TESTS = Path(__file__).parents[1]


def test_codes_are_sent_deferred_and_refused(tmp_path: Path) -> None:
    path = os.pathsep.join(filter(None, [str(TESTS), os.environ.get("PYTHONPATH", "")]))
    with (
        PickyServer() as server,
        RunningSite(
            tmp_path,
            email_url=server.url,
            web_processes="1",
            worker_processes="1",
            sweep_seconds="1",
        ) as site,
    ):
        script = [sys.executable, str(TESTS / "pipeline/host.py"), "sign_up"]
        addresses = [f"a@{domain}.example" for domain in ("nosuch", "grey", "fine")]
        environment = {**site.environment, "PYTHONPATH": path}
        subprocess.run([*script, *addresses], env=environment, check=True, timeout=60)
        rows = "SELECT status, content IS NULL FROM notifications_mail ORDER BY status"
        refused, put_off = ("refused", 1), ("waiting", 0)
        wait_for(lambda: site.rows(rows) == [refused, put_off], "one refused, one put off")
        assert "a@fine.example" in server.recipients()
        server.is_picky = False
        site.change("UPDATE notifications_mail SET due_at = written_at")
        assert server.code_for("a@grey.example")
        wait_for(lambda: site.rows(rows) == [refused], "nothing left of what was sent")
        for address in addresses:
            assert address not in site.log
        assert not server.codes() & set(site.log.split())
