"""Sessions in the database. They are read at each request, so by a prepared query."""

from __future__ import annotations

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from picprocure.storage.prepared_queries import PreparedQuery, Slot


def _session_in_slots() -> QuerySet[Session]:
    key, now = Slot("key", Session._meta.pk), Slot("now", Session._meta.get_field("expire_date"))
    return Session.objects.filter(session_key=key, expire_date__gt=now)


_current_session = PreparedQuery(_session_in_slots)


class SessionStore(db.SessionStore):
    """Django's sessions. The name is part of their signatures, so it must stay."""

    def _get_session_from_db(self) -> Session | None:
        rows = _current_session.rows(key=self.session_key, now=timezone.now())
        if rows:
            return rows[0]
        self._session_key = None
        return None
