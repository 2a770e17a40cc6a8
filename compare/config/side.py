"""One of the two applications: how it is had, and in what it runs."""

import shlex
import sys
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from compare.config.section import Section, Strings
from compare.config.template import SERVE_PORT, SideTemplate, Template, names_in

SideName = Literal["legacy", "async"]

KINDS = ("app", "command", "url")
"""The keys that say how a side is had; a side has one of them."""

UNFIT = {
    "app": ("ready",),
    "command": ("factory", "sessions"),
    "url": ("factory", "sessions", "ref", "prepare", "directory", "python", "env"),
}
"""Keys that say nothing beside each of `KINDS`."""


def _checked_app(app: str) -> str:
    module, colon, attribute = app.partition(":")
    names = [*module.split("."), *attribute.split(".")]
    if not colon or not all(name.isidentifier() for name in names):
        raise ValueError('an app is named as "package.module:attribute", for example "shop.main:app"')
    return app


def _checked_words(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"it cannot be read as a command: {error}") from None
    if not words:
        raise ValueError("it is empty")
    return command


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"it is no URL: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ValueError('an app that is running is named as "http://127.0.0.1:8000"')
    if parts.username is not None or parts.password is not None:
        raise ValueError("it must hold no user and no password; let headers or login send them")
    if parts.query or parts.fragment:
        raise ValueError("it must end before any ? and #")
    return url.rstrip("/")


def _checked_path(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError('a path begins with /, for example "/health"')
    return path


class SideConfig(Section):
    """One of the two applications. Exactly one of `app`, `command` and `url` says how it is had.

    Attributes:
        name: Which side it is.
        app: `package.module:attribute`, an ASGI object or a factory of one; the attribute may be dotted.
        command: What serves it on 127.0.0.1, `{port}` being the port; no shell. The database's other placeholders
            may stand in it too. `python` in it is the interpreter below, and its neighbours are first on PATH.
        url: Where it is running already. Nothing is known of its database then.
        ref: A branch, tag or commit of the repository that `directory` lies in, to be taken instead of the files that
            lie there. It is checked out into a work tree of compare's own.
        prepare: Commands that are run once in that work tree before anything else, such as `uv sync`; no shell.
        ready: For `command` and `url`: a path that answers below 400 as soon as the app is ready; None takes any HTTP
            answer.
        factory: Whether `app` is a factory; None finds out.
        directory: The folder that the app is imported from and runs in; absolute after `load`.
        python: The interpreter that runs the app: a path, a name, or a command that stands for one
            (`uv run --project . python`). Its first word is absolute after `load`; None is compare's own.
        env: Environment on top of compare's own; the values are templates (`PLACEHOLDERS`, and `{serve_port}` beside
            `command`).
        sessions: For in-process tests: `package.module:attribute` of the place where sessions are made.
        start_timeout: Seconds until the app must answer.
        tree: The work tree in which `ref` is checked out, which `directory` lies in then; set by
            `compare.subjects.checked_out`, no key of the file.
    """

    name: SideName
    app: Annotated[str, AfterValidator(_checked_app)] | None = None
    command: Annotated[Template, AfterValidator(_checked_words)] | None = None
    url: Annotated[str, AfterValidator(_checked_url)] | None = None
    ref: Annotated[str, Field(min_length=1)] | None = None
    prepare: Strings = ()
    ready: Annotated[str, AfterValidator(_checked_path)] | None = None
    factory: bool | None = None
    directory: Path = Path()
    python: Annotated[str, AfterValidator(_checked_words)] | None = None
    env: dict[str, SideTemplate] = Field(default_factory=dict)
    sessions: str | None = None
    start_timeout: float = Field(default=30.0, gt=0, allow_inf_nan=False)
    tree: Path | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if not given:
            raise ValueError(
                'it names no app; needed is app = "package.module:attribute", '
                'command = "... --port {port}" or url = "http://127.0.0.1:8000"'
            )
        if len(given) > 1:
            raise ValueError(f"it names its app more than once; keep one of {', '.join(given)}")
        for key in UNFIT[given[0]]:
            if key in self.model_fields_set:
                raise ValueError(f"{key} says nothing beside {given[0]}; leave it out")
        if self.prepare and self.ref is None:
            raise ValueError("prepare is for a work tree of compare's own; name a ref too, or leave it out")
        in_env = any(SERVE_PORT in names_in(template) for template in self.env.values())
        if self.command is None and in_env:
            raise ValueError(f"{{{SERVE_PORT}}} in env is for a side with a command")
        if self.command is not None and not in_env and "port" not in names_in(self.command):
            raise ValueError(
                "the command is not told which port to serve on; put {port} into it, "
                f"or {{{SERVE_PORT}}} into a variable of env"
            )
        return self

    @property
    def title(self) -> str:
        """What a person calls the side."""
        return f"{self.app or self.command or self.url}{f' of {self.ref}' if self.ref else ''}"

    @property
    def interpreter(self) -> tuple[str, ...]:
        """The command that stands for the interpreter of this side: `python`, else compare's own."""
        return (sys.executable,) if self.python is None else tuple(shlex.split(self.python))

    @property
    def on_clone(self) -> bool:
        """Whether it runs on a database that compare gives it; a side that is running already has its own."""
        return self.url is None
