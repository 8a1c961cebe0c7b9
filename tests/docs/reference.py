"""The reference pages of ``docs/``, made from the code so that they cannot go stale.

``python -m tests.docs.reference`` writes them; the test beside it compares them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path

import click
from blinker import NamedSignal

import config
from lms import signals
from lms.app import create_app
from lms.cli import command_line
from lms.permissions import ROLE_PERMISSIONS, Permission, Role
from lms.scheduler.jobs import jobs, ticks
from lms.unit_of_work import COMMANDS
from lms.web.labels import label

DOCS = config.ROOT / "docs"
ROOMS = (*config.ROOMS,)


def settings_page() -> str:
    """Every setting, its default in development and what it decides."""
    source = (config.ROOT / "config.py").read_text(encoding="utf-8")
    comments: dict[str, str] = {}
    pending: list[str] = []
    for line in source.splitlines():
        comment = re.match(r"    #: (.*)", line)
        name = re.match(r"    (\w+): ", line)
        if comment:
            pending.append(comment[1])
        elif name and name[1] in config.VARIABLES:
            comments[name[1]] = " ".join(pending)
            pending = []
    comments["port"] = comments["host"]
    rows = [
        f"| `{variable}` | {f'`{default}`' if default else '–'} | {comments[field]} |"
        for field, (variable, default) in config.VARIABLES.items()
    ]
    return _page(
        "Settings",
        "Read from the environment, or from the file that `CANDOR_ENV_FILE` names (default `.env`). "
        "A wrong value stops the start with one sentence that names it.",
        ["| variable | default in development | what it decides |", "|---|---|---|", *rows],
    )


def permissions_page() -> str:
    """The one permission table, role by role."""
    roles = list(Role)
    head = "| permission | " + " | ".join(label(role, "role") for role in roles) + " |"
    rows = [
        f"| `{permission}` | "
        + " | ".join("●" if permission in ROLE_PERMISSIONS[role] else "" for role in roles)
        + " |"
        for permission in Permission
    ]
    return _page(
        "Permissions",
        "Default deny. A role holds at one site or in the whole network, from a day until a day, once a second person has "
        "approved it. What is not in a reader's sites does not exist for them.",
        [head, "|---" * (len(roles) + 1) + "|", *rows],
    )


def signals_page() -> str:
    """Every signal with its text."""
    found = {name: value for name, value in vars(signals).items() if isinstance(value, NamedSignal)}
    rows = [f"| `{name}` | {value.__doc__} |" for name, value in sorted(found.items())]
    return _page(
        "Signals",
        "Facts that travel upwards, sent inside the transaction of their command.",
        ["| signal | when, and what it carries |", "|---|---|", *rows],
    )


def actions_page() -> str:
    """Every command: the vocabulary of the trail."""
    own = {action: command for action, command in COMMANDS.items() if action.split(".")[0] in ROOMS}
    rows = [
        f"| `{action}` | `{command.needs}` | {(command.__doc__ or '').strip().splitlines()[0]} |"
        for action, command in sorted(own.items())
    ]
    return _page(
        "Actions of the trail",
        "Each change is one command; its name is the action in the trail.",
        ["| action | needs | what it does |", "|---|---|---|", *rows],
    )


def jobs_page() -> str:
    """What runs by itself."""
    rows = [("job", "when", "what it does"), ("---", "---", "---")]
    for job in jobs():
        when = f"every {job.every}" if job.every else f"daily at {job.daily_at} UTC"
        rows.append((f"`{job.name}`", when, _first_line(job.command)))
    rows += [(f"`{tick.name}`", f"every {tick.seconds:g} s", _first_line(tick.function)) for tick in ticks()]
    lead = "One scheduler leads however many are started; each due moment has one effect."
    return _page("Jobs", lead, [f"| {' | '.join(row)} |" for row in rows])


def _first_line(described: object) -> str:
    return (described.__doc__ or "").strip().splitlines()[0]


def command_line_page() -> str:
    """The command line, as its own help says it."""
    parts: list[str] = []

    def describe(command: click.Command, path: list[str]) -> None:
        if isinstance(command, click.Group):
            for name in sorted(command.commands):
                describe(command.commands[name], [*path, name])
            return
        context = click.Context(command, info_name=" ".join(path))
        parts.extend([f"## {' '.join(path)}", "", "```", command.get_help(context), "```", ""])

    describe(command_line(), ["candor"])
    return _page(
        "Command line", "`candor` runs from the checkout: `.venv/bin/candor`. Every report also speaks `--json`.", parts
    )


def statistics_page() -> str:
    """Every statistic: what it takes, its formula and where it comes from, as its own docstring says."""
    parts: list[str] = []
    for folder in ("lms/stats", "behavior_metrics/stats"):
        for file in sorted((config.ROOT / folder).glob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            public = [part for part in tree.body if isinstance(part, ast.FunctionDef) and not part.name.startswith("_")]
            if not public:
                continue
            parts += [f"## {file.stem.replace('_', ' ')}", "", f"`{folder}/{file.name}`", ""]
            parts += ["```text", ast.get_docstring(tree) or "", "```", ""]
            for one in public:
                parts += ["```text", f"{one.name}({_named(one.args)})", "", ast.get_docstring(one) or "", "```", ""]
    return _page(
        "Statistics",
        "Each figure of the product comes from one of these functions. What R can compute is compared with R: every public "
        "case of the shared oracles, and simulated cases with R's call beside R's result in `tests/pure/stats`. How often the "
        "intervals of the linkage hold the truth is measured in [validation/linkage.md](validation/linkage.md).",
        parts,
    )


def _named(arguments: ast.arguments) -> str:
    plain = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    return ", ".join([*plain, *(["*"] if arguments.kwonlyargs else []), *(one.arg for one in arguments.kwonlyargs)])


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "permissions.md": permissions_page,
    "signals.md": signals_page,
    "actions.md": actions_page,
    "jobs.md": jobs_page,
    "cli.md": command_line_page,
    "statistics.md": statistics_page,
}


def _page(title: str, lead: str, lines: list[str]) -> str:
    return "\n".join([f"# {title}", "", lead, "", *lines]).rstrip() + "\n"


def write_pages(folder: Path = DOCS) -> None:
    """Write every page."""
    app = create_app(config.read_settings({"CANDOR_SECRET_KEY": "x" * 40, "DATABASE_URL": "sqlite:///:memory:"}))
    with app.app_context():
        for name, make in PAGES.items():
            (folder / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    write_pages()
