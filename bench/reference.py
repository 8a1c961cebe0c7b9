"""The reference: what Flask costs on this machine for nothing (L0), one row (L1), and one plain page (L2).

Served by the same server with the same settings, from the same database as Candor, in the same run. Its page is an ordinary
one: one SELECT of 40 rows, a Jinja template, a link in every row, about 18 KB.
"""

from __future__ import annotations

from flask import Flask, render_template, request
from jinja2 import DictLoader
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, create_engine, insert, select

from config import Settings

ROWS = 2_000
ROWS_OF_A_PAGE = 40
PATHS = {"L0": "/hello", "L1": "/row", "L2": "/page"}

_rows = Table(
    "bench_reference",
    MetaData(),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("page", Integer, index=True, nullable=False),
    Column("code", String(20), nullable=False),
    Column("title", String(120), nullable=False),
    Column("state", String(20), nullable=False),
    Column("due", String(20), nullable=False),
)

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Page {{ page }}</title></head>
<body><h1>Page {{ page }}</h1><p>{{ rows|length }} rows of this page.</p>
<table class="table"><thead><tr><th>Code</th><th>Title</th><th>State</th><th>Due</th><th></th></tr></thead><tbody>
{% for row in rows %}
<tr class="{{ 'late' if row.state == 'overdue' else 'well' }}" id="row-{{ row.id }}">
  <th scope="row"><span class="code">{{ row.code }}</span></th>
  <td class="title"><a href="{{ url_for('page', number=row.id) }}">{{ row.title }}</a></td>
  <td class="state"><span class="tag tag-{{ row.state }}">{{ row.state|capitalize }}</span></td>
  <td class="due"><time datetime="{{ row.due }}">{{ row.due }}</time></td>
  <td class="acts"><button class="btn btn-quiet" type="button" data-row="{{ row.id }}">Open {{ row.code }}</button></td>
</tr>
{% endfor %}
</tbody></table></body></html>
"""


def create_reference(settings: Settings) -> Flask:
    """Return the reference application on the database of these settings, with its one table filled."""
    app = Flask("bench_reference")
    app.config["SETTINGS"] = settings
    app.jinja_loader = DictLoader({"page.html": _PAGE})
    engine = create_engine(settings.database_url)
    _fill(engine)
    engine.dispose()  # nothing open is carried into the server's processes

    @app.get(PATHS["L0"])
    def hello() -> str:
        return "hello"

    @app.get(PATHS["L1"])
    def row() -> str:
        number = request.args.get("id", 1, type=int)
        with engine.connect() as connection:
            return str(connection.scalar(select(_rows.c.title).where(_rows.c.id == number)))

    @app.get(PATHS["L2"])
    def page() -> str:
        number = request.args.get("number", 1, type=int) % (ROWS // ROWS_OF_A_PAGE)
        with engine.connect() as connection:
            rows = connection.execute(select(_rows).where(_rows.c.page == number).order_by(_rows.c.id)).all()
        return render_template("page.html", page=number, rows=rows)

    return app


def _fill(engine: Engine) -> None:
    with engine.begin() as connection:
        _rows.metadata.create_all(connection)
        if connection.scalar(select(_rows.c.id).limit(1)) is not None:
            return
        states = ("open", "completed", "overdue")
        connection.execute(
            insert(_rows),
            [
                {
                    "id": number,
                    "page": number // ROWS_OF_A_PAGE,
                    "code": f"REF-{number:05d}",
                    "title": f"Reference row {number} with a title of the length that such rows have",
                    "state": states[number % len(states)],
                    "due": f"2026-{number % 12 + 1:02d}-{number % 28 + 1:02d}",
                }
                for number in range(ROWS)
            ],
        )
