"""The ASGI entry point that the web server loads. It runs the WSGI application in threads."""

import resource

from django.conf import settings

from picprocure.config.wsgi import application as site
from picprocure.storage.connections import share_connections
from picprocure.web.middleware import HealthMiddleware
from picprocure.web.serving.asgi import ThreadedApplication, transfers_at_once

# A process uses one core, so more pages at once would only wait for each other.
CONNECTIONS_FOR_PAGES = 4

# Each connection is an open file, and the usual limit is 1,024.
_, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (_most, _most))

# Uploads hold a connection while their photos are decoded. Downloads hold none.
share_connections(transfers_at_once(settings.WEB_THREADS) + CONNECTIONS_FOR_PAGES)

application = ThreadedApplication(
    site,
    threads=settings.WEB_THREADS,
    session_cookie=settings.SESSION_COOKIE_NAME,
    paths_without_database=(settings.STATIC_URL, HealthMiddleware.ALIVE_PATH),
    behind_proxy=settings.HTTPS,
)
