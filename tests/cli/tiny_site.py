"""`picprocure up` with tiny processes in place of web server, workers and clock.

Run it as `python tiny_site.py PORT ["does not end" [COMMAND]]`. With "does not end", the web server
ignores SIGTERM. Lock, supervisor and orphan guard are real. COMMAND is another one than `up`.
"""

from __future__ import annotations

import os
import sys
import time
from datetime import timedelta
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "picprocure.config.settings"

from django.conf import settings

from picprocure.cli import commands, lock, roles, supervised_process, web_address
from picprocure.pipeline import supervisor_pipe

# A web server that answers and has a process of its own below it.
WEB = """
import http.server, signal, subprocess, sys
if sys.argv[2] == "does not end":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(204); self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""

# A worker or clock that sends the same messages as real ones. The first worker fails in the way
# that the file `fault` names.
SPEAKER = """
import os, sys, time
from pathlib import Path
from picprocure.pipeline import supervisor_pipe
lost, fault_file = os.environ.get(supervisor_pipe.LOST_JOB), Path(sys.argv[1])
if lost:
    print(f"lost: {lost}", flush=True)
def job(name, row, seconds):
    supervisor_pipe.say(supervisor_pipe.BEGIN, name, row)
    for _ in range(seconds * 10):
        supervisor_pipe.say(supervisor_pipe.WORKING)
        time.sleep(0.1)
    supervisor_pipe.say(supervisor_pipe.END)
    print("it was done", flush=True)
while True:
    supervisor_pipe.say(supervisor_pipe.BEAT)
    time.sleep(0.1)
    fault = fault_file.read_text() if fault_file.exists() else ""
    if fault:
        fault_file.unlink()
    if fault == "hangs":
        time.sleep(600)
    if fault == "is at one job forever":
        job("picprocure.analyze_photo", "a-photo", 600)
    if fault == "works for long":
        job("picprocure.sort_event", "an-event", 5)
    if fault == "dies over a job":
        supervisor_pipe.say(supervisor_pipe.BEGIN, "picprocure.analyze_photo", "a-photo")
        os.kill(os.getpid(), 9)
    if fault == "leaves":
        supervisor_pipe.say(supervisor_pipe.LEAVING)
        sys.exit()
"""


def main(port: int, web_fault: str = "", command: str = "up") -> None:
    settings.LEASE = timedelta(seconds=2)

    def speaker(role: str, *options: str) -> list[str]:
        name = "fault" if "worker1" in options else "none"
        return [sys.executable, "-c", SPEAKER, str(Path(settings.DATA_DIR) / name), role]

    def web(_: str, port: int, **__: object) -> list[str]:
        return [sys.executable, "-c", WEB, str(port), web_fault]

    replaced: tuple[tuple[object, str, object], ...] = (
        (supervisor_pipe, "SILENT_SECONDS", 2.0),
        (supervisor_pipe, "PHOTO_LIMIT", timedelta(seconds=1)),
        (web_address, "ANSWER_SECONDS", 1.0),
        (supervised_process.WebMonitor, "INTERVAL_SECONDS", 0.1),
        (lock, "LEFTOVER_SECONDS", 6.0),
        (roles, "_process", speaker),
        (roles, "web_server", web),
        (commands, "prepare", lambda **_: time.sleep(0.1)),
        (commands, "_engine_line", lambda *_: "no faces are found"),
    )
    for owner, name, value in replaced:
        setattr(owner, name, value)
    os.environ["PICPROCURE_FACE_DETECTOR"] = "hog"
    os.environ["PICPROCURE_FACE_EMBEDDER"] = "dlib"
    options = ["--port", str(port)] if command in ("up", "web") else []
    getattr(commands, command).main(options)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
