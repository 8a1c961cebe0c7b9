"""The application factory: settings in, a started application out."""

from __future__ import annotations

from importlib import import_module

from flask import Flask
from sqlalchemy.engine import make_url

from config import ROOMS, Settings, read_settings
from lms.connections import keep_well, postgresql_options
from lms.extensions import babel, csrf, db, login
from lms.unit_of_work import end_reading
from lms.web import compressing, errors, security, shell, static_files
from lms.web.typed import TypedRequest


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application with every room started. Raises ``config.SettingError`` if a setting cannot be used."""
    settings = settings or read_settings()
    app = Flask("lms", static_url_path=static_files.url_path())
    app.request_class = TypedRequest
    url = make_url(settings.database_url)
    app.config.update(
        SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_BINDS={"survey": _survey_bind(settings)},
        SQLALCHEMY_ENGINE_OPTIONS=postgresql_options() if url.get_backend_name() == "postgresql" else {},
        MAX_CONTENT_LENGTH=settings.upload_megabytes * 1024 * 1024,
        SESSION_COOKIE_NAME="candor",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.base_url.startswith("https:"),
        # a form left open over lunch must not lose what was typed: the token lives as long as the session
        WTF_CSRF_TIME_LIMIT=None,
        BABEL_DEFAULT_LOCALE="en",
    )
    db.init_app(app)
    with app.app_context():
        for engine in db.engines.values():
            keep_well(engine)
    app.teardown_appcontext(_end_reading)
    csrf.init_app(app)
    babel.init_app(app, locale_selector=shell.reader_language)
    # the context processor would load the account on every page, used or not
    login.init_app(app, add_context_processor=False)
    security.init_app(app)
    static_files.init_app(app)
    compressing.init_app(app)
    errors.init_app(app)
    shell.init_app(app)
    for room in ROOMS:
        import_module(f"{room}.wiring").init_app(app)
    return app


def _end_reading(fault: BaseException | None) -> None:
    if fault is None:
        end_reading()


def _survey_bind(settings: Settings) -> dict[str, object]:
    """Return where the sealed survey tables live: a second file beside SQLite's, a schema of its own on PostgreSQL."""
    url = make_url(settings.survey_database_url or settings.database_url)
    if url.get_backend_name() == "postgresql":
        # hide_parameters: no debug log of statements may ever print who answered
        options = {**postgresql_options("-csearch_path=survey"), "hide_parameters": True}
        return {"url": url, **options}
    if not settings.survey_database_url and url.database:
        url = url.set(database=f"{url.database.removesuffix('.sqlite')}-survey.sqlite")
    return {"url": url, "hide_parameters": True}
