"""Integrations and their tokens for tests, made by the application's own commands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask

from lms import clock
from lms.api import commands, rules
from lms.network.models import Site
from lms.permissions import Role
from lms.unit_of_work import run
from tests.factories.people import INSTALLER, a_site, someone


def a_token(
    site: Site | None = None,
    *,
    permissions: Collection[str] = rules.GRANTABLE,
    name: str = "TrackWise",
    approved: bool = True,
    days: int = 30,
    everywhere: bool = False,
) -> tuple[UUID, str]:
    """Open an integration at the site with one token; return its id and the token."""
    site_id = None if everywhere else (site or a_site()).id
    integration_id = run(
        commands.open_integration, INSTALLER, "test", name=name, site_id=site_id, permissions=permissions
    ).id
    if approved:
        run(commands.approve_integration, someone(Role.QA, everywhere=True).actor, "test", integration_id)
    ends = clock.now() + timedelta(days=days)
    return integration_id, run(commands.issue_token, INSTALLER, "test", integration_id, expires_at=ends)


class Program:
    """Another system that asks with a token."""

    def __init__(self, app: Flask, token: str) -> None:
        self._client = app.test_client()
        self._token = token

    def __call__(self, method: str, path: str, json: Any = None, **headers: str) -> Any:
        """Send a request; ``json`` may be bytes, which are sent as they are."""
        given: dict[str, Any] = {"headers": {"Authorization": f"Bearer {self._token}", **headers}}
        if isinstance(json, bytes):
            given |= {"data": json, "content_type": "application/json"}
        elif json is not None:
            given["json"] = json
        return self._client.open(f"/api/v1{path}", method=method, **given)
