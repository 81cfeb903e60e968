"""The command that starts the web server."""

from __future__ import annotations

import sys

# Per process, including waiting connections. Each takes an open file and a few kilobytes.
MAX_CONNECTIONS = 8192

HEADER_MILLISECONDS = 10_000
HEADER_BYTES = 16 * 1024
STOP_SECONDS = 20  # to finish requests

# For glibc: return large blocks to the system when they are freed. Without these, the limit for
# "large" grows up to 32 MB, and processes that detect faces keep 500 to 600 MB instead of 450.
MALLOC_SETTINGS = {
    "MALLOC_MMAP_THRESHOLD_": str(1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(16 * 1024 * 1024),
}


def web_server(host: str, port: int, *, processes: int) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "picprocure.config.asgi:application"),
        *("--interface", "asgi", "--http", "1", "--no-ws", "--loop", "asyncio"),
        *("--host", host, "--port", str(port)),
        *("--workers", str(processes), "--respawn-failed-workers"),
        *("--backlog", "2048", "--backpressure", str(MAX_CONNECTIONS)),
        *("--http1-header-read-timeout", str(HEADER_MILLISECONDS)),
        *("--http1-buffer-size", str(HEADER_BYTES)),
        *("--workers-kill-timeout", str(STOP_SECONDS), "--log-level", "warning"),
    ]
