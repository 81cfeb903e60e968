"""A template tag for the status of the mail that a page waits for."""

from __future__ import annotations

from typing import Any

from django import template

from picprocure.web.accounts import code_mails

register = template.Library()


@register.inclusion_tag("account/_code_mail.html", takes_context=True)
def code_mail(context: template.Context) -> dict[str, Any]:
    return code_mails.state(context["request"])
