"""The configuration: what it may say, and how it answers to mistakes."""

import shutil
import sys
from pathlib import Path

import pytest

from compare.config import MINIMAL, Config, expand, find, load
from compare.errors import UsageError

SMALL = """
[legacy]
app = "shop.sync:app"
[async]
app = "shop.aio:make.app"
"""


def written(folder: Path, text: str, name: str = "compare.toml") -> Path:
    """A configuration file with this text."""
    path = folder / name
    path.write_text(text)
    return path


def refusal(folder: Path, text: str, name: str = "compare.toml") -> str:
    """The message that a file with this text is refused with."""
    with pytest.raises(UsageError) as caught:
        load(written(folder, text, name))
    assert str(folder / name) in str(caught.value)
    return str(caught.value)


def test_a_small_file_is_enough(tmp_path: Path) -> None:
    config = load(written(tmp_path, SMALL))

    assert [side.name for side in config.sides] == ["legacy", "async"]
    assert config.side("async") is config.async_
    assert config.async_.app == "shop.aio:make.app"
    assert config.legacy.directory == tmp_path
    assert config.legacy.interpreter == (sys.executable,)
    assert config.scenarios == ("scenarios",)
    assert config.database.url is None
    assert (config.path, config.directory) == (tmp_path / "compare.toml", tmp_path)


def test_the_minimal_configuration_shown_to_beginners_loads(tmp_path: Path) -> None:
    config = load(written(tmp_path, MINIMAL, "pyproject.toml"))

    assert config.database.setup == ("python -m alembic upgrade head",)


def test_a_single_string_is_a_list_of_one(tmp_path: Path) -> None:
    config = load(written(tmp_path, f'scenarios = "traffic/*.yaml"\n[database]\nsetup = "python seed.py"\n{SMALL}'))

    assert (config.scenarios, config.database.setup) == (("traffic/*.yaml",), ("python seed.py",))


def test_folders_and_interpreters_start_at_the_file_and_links_stay(tmp_path: Path) -> None:
    interpreter = tmp_path / "shop" / ".venv" / "bin" / "python"
    interpreter.parent.mkdir(parents=True)
    interpreter.symlink_to(sys.executable)
    text = SMALL.replace("[async]", 'directory = "shop"\npython = ".venv/bin/python"\n[async]')

    legacy = load(written(tmp_path, text)).legacy

    assert legacy.directory == tmp_path / "shop"
    assert legacy.interpreter == (str(interpreter),)


def test_overrides_go_before_the_file_and_none_is_no_value(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL)

    config = load(path, {"legacy.app": "other:app", "database.url": "postgresql://u@h/d", "scenarios": None})

    assert config.legacy.app == "other:app"
    assert config.database.url == "postgresql://u@h/d"
    assert config.scenarios == ("scenarios",)


def test_an_override_that_says_how_a_side_is_had_takes_away_what_the_file_says_about_that(tmp_path: Path) -> None:
    text = SMALL.replace("[async]", "env = { A = 'b' }\nref = 'main'\nsessions = 'shop:make'\n[async]")
    path = written(tmp_path, text)

    legacy = load(path, {"legacy.url": "http://127.0.0.1:8000/"}).legacy

    assert (legacy.app, legacy.url, legacy.ref, legacy.env) == (None, "http://127.0.0.1:8000", None, {})
    assert not legacy.on_clone
    assert load(path, {"legacy.app": "other:app"}).legacy.env == {"A": "b"}


def test_a_command_stands_for_an_interpreter_and_its_program_is_found(tmp_path: Path) -> None:
    (tmp_path / "with space").mkdir()
    (tmp_path / "with space" / "python").symlink_to(sys.executable)
    text = SMALL.replace("[async]", "python = 'env A=1 python'\n[async]\npython = 'with space/python'")

    config = load(written(tmp_path, text))

    assert config.legacy.interpreter == (shutil.which("env"), "A=1", "python")
    assert config.async_.interpreter == (str(tmp_path / "with space" / "python"),)


def test_the_interpreter_of_a_ref_is_looked_for_when_that_is_checked_out(tmp_path: Path) -> None:
    text = SMALL.replace("[async]", "ref = 'main'\npython = '.venv/bin/python'\ndirectory = 'later'\n[async]")

    legacy = load(written(tmp_path, text)).legacy

    assert legacy.interpreter == (".venv/bin/python",)
    assert legacy.title == "shop.sync:app of main"


def test_no_secret_of_the_file_stands_in_a_message(tmp_path: Path) -> None:
    mistakes = 'url = 5\ncopy_from = ["postgresql://u:hunter22@h/d"]'
    text = f"[database]\n{mistakes}\n[legacy]\nurl = 'http://u:hunter22@h'\nenv = {{ API_KEY = ['hunter22'] }}\n"

    message = refusal(tmp_path, text)

    assert "legacy.url = 'http://u:***@h': it must hold no user and no password" in message
    assert "legacy.env.API_KEY = ***: text is expected" in message
    assert "hunter22" not in message


def test_the_nearest_configuration_is_found_upwards(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    written(tmp_path, MINIMAL, "pyproject.toml")
    written(tmp_path / "a", "[tool.other]\n", "pyproject.toml")

    assert find(inner) == tmp_path / "pyproject.toml"
    assert find(tmp_path) == tmp_path / "pyproject.toml"

    nearer = written(tmp_path / "a", SMALL)
    assert find(inner) == nearer


def test_what_the_steps_are_told_stands_beside_it_and_is_no_configuration_of_a_comparison(tmp_path: Path) -> None:
    both = written(tmp_path, f'{MINIMAL}\n[tool.compare.steps]\ncheck = "pytest"\n', "pyproject.toml")
    assert load(both).database.setup == ("python -m alembic upgrade head",)
    assert load(written(tmp_path, f'{SMALL}[steps]\ncheck = "pytest"\n')).async_.app == "shop.aio:make.app"

    alone = tmp_path / "alone"
    alone.mkdir()
    steps = written(alone, '[tool.compare.steps]\ncheck = "pytest"\n', "pyproject.toml")
    assert find(alone) == tmp_path / "compare.toml"
    with pytest.raises(UsageError, match=r"has no \[tool.compare\]"):
        load(steps)


def test_no_configuration_at_all_shows_one_to_start_from(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no configuration") as caught:
        find(tmp_path)

    assert "[tool.compare.legacy]" in str(caught.value)
    assert caught.value.exit_code == 2


def test_malformed_toml_is_shown_with_its_line(tmp_path: Path) -> None:
    assert "at line 3, column" in refusal(tmp_path, "\n\n[legacy\n")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"There is no configuration file .*nowhere\.toml"):
        load(tmp_path / "nowhere.toml")


def test_a_pyproject_without_the_table_is_refused(tmp_path: Path) -> None:
    assert r"has no [tool.compare]" in refusal(tmp_path, "[project]\n", "pyproject.toml")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("[async]", "[asink]", "asink: unknown key; did you mean async?"),
        ("[legacy]", "[legacy]\napps = 'x'", "legacy.apps: unknown key; did you mean app?"),
        ("[legacy]", "[legacy]\nname = 'x'", "legacy.name: unknown key"),
        ("[legacy]", "[legacy]\nstart_timeout = -1", "legacy.start_timeout = -1: "),
        ("[legacy]", "[legacy]\nstart_timeout = 'soon'", "legacy.start_timeout = 'soon': "),
        ("[legacy]", "[legacy]\nenv = {PORT = 5}", "legacy.env.PORT = 5: text is expected, in quotes"),
        (
            "[legacy]",
            "[legacy]\nenv = {DB = '{sink_url}'}",
            "legacy.env.DB = '{sink_url}': {sink_url} is no placeholder",
        ),
        ("[legacy]", "[legacy]\nenv = {DB = '{url'}", "legacy.env.DB = '{url': "),
        ("[legacy]", "[legacy]\nenv = {DB = '{url!r}'}", "legacy.env.DB = '{url!r}': "),
        ("[legacy]", "[legacy]\ndirectory = 'nowhere'", "legacy.directory = 'nowhere': there is no folder"),
        ("[legacy]", "[legacy]\npython = 'no/python'", "legacy.python = 'no/python': there is no interpreter"),
        ("[legacy]", "database = 'postgres'\n[legacy]", "database = 'postgres': a table is expected"),
        ("shop.sync:app", "shop.sync", "legacy.app = 'shop.sync': an app is named as"),
        ("shop.sync:app", "shop/sync.py:app", "legacy.app = 'shop/sync.py:app': an app is named as"),
        (
            "[legacy]",
            "[legacy]\ncommand = 'serve {port}'",
            "legacy: it names its app more than once",
        ),
        ('app = "shop.sync:app"', "url = 'ftp://h'", "legacy.url = 'ftp://h': an app that is running is named as"),
        ('app = "shop.sync:app"', "url = 'http://h/?a=b'", "it must end before any ?"),
        ('app = "shop.sync:app"', "url = 'http://h:99999'", "legacy.url = 'http://h:99999': it is no URL"),
        ('app = "shop.sync:app"', "command = 'serve --port 8000'", "legacy: the command is not told which port"),
        ('app = "shop.sync:app"', "command = ''", "legacy.command = '': it is empty"),
        ('app = "shop.sync:app"', "command = 'serve \"{port}'", "it cannot be read as a command"),
        ('app = "shop.sync:app"', "command = 'serve {prot}'", "{prot} is no placeholder"),
        (
            'app = "shop.sync:app"',
            "command = 's {port}'\nfactory = true",
            "factory says nothing beside command",
        ),
        ('app = "shop.sync:app"', "url = 'http://h'\nref = 'main'", "legacy: ref says nothing beside url"),
        (
            'app = "shop.sync:app"',
            "url = 'http://h'\nready = 'health'",
            "legacy.ready = 'health': a path begins",
        ),
        ("[legacy]", "[legacy]\nready = '/health'", "legacy: ready says nothing beside app"),
        ("[legacy]", "[legacy]\nprepare = 'uv sync'", "legacy: prepare is for a work tree"),
        ("[legacy]", "[legacy]\nref = ''", "legacy.ref = '': "),
        ("[legacy]", "[legacy]\ntree = '/tmp'", "legacy.tree: unknown key"),
        (
            "[legacy]",
            "[legacy]\nenv = {P = '{serve_port}'}",
            "{serve_port} in env is for a side with a command",
        ),
        ("[legacy]", "[legacy]\npython = 'no/uv run python'", "there is no interpreter"),
        (
            "[legacy]",
            "[database]\ndirectory = 'nowhere'\n[legacy]",
            "database.directory = 'nowhere': there is no",
        ),
        ('app = "shop.sync:app"', "", 'legacy: it names no app; needed is app = "package.module:attribute"'),
    ],
)
def test_a_mistake_is_named_with_key_and_value(tmp_path: Path, before: str, after: str, expected: str) -> None:
    message = refusal(tmp_path, SMALL.replace(before, after))

    assert expected in message
    assert "pydantic" not in message


def test_keys_of_a_pyproject_are_named_in_full(tmp_path: Path) -> None:
    assert "tool.compare.legacy.apps: unknown key" in refusal(
        tmp_path,
        MINIMAL.replace("app =", "apps ="),
        "pyproject.toml",
    )


def test_all_mistakes_are_reported_together(tmp_path: Path) -> None:
    message = refusal(tmp_path, '[legacy]\napp = "x"\nextra = 1\n')

    assert "legacy.app" in message
    assert "legacy.extra" in message
    assert "async: is missing" in message


def test_templates_expand_with_doubled_braces_as_text() -> None:
    assert expand("{host}/{{x}}", {"host": "here"}) == "here/{x}"


def test_a_configuration_cannot_be_changed(tmp_path: Path) -> None:
    config = load(written(tmp_path, SMALL))

    with pytest.raises(ValueError, match="frozen"):
        config.scenarios = ()  # type: ignore[misc]  # what the test is about

    assert isinstance(config, Config)
