"""The configuration: what it may say, and how it answers to mistakes."""

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
    assert config.legacy.interpreter == sys.executable
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
    assert legacy.interpreter == str(interpreter)


def test_overrides_go_before_the_file_and_none_is_no_value(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL)

    config = load(path, {"legacy.app": "other:app", "database.url": "postgresql://u@h/d", "scenarios": None})

    assert config.legacy.app == "other:app"
    assert config.database.url == "postgresql://u@h/d"
    assert config.scenarios == ("scenarios",)


def test_the_nearest_configuration_is_found_upwards(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    written(tmp_path, MINIMAL, "pyproject.toml")
    written(tmp_path / "a", "[tool.other]\n", "pyproject.toml")

    assert find(inner) == tmp_path / "pyproject.toml"
    assert find(tmp_path) == tmp_path / "pyproject.toml"

    nearer = written(tmp_path / "a", SMALL)
    assert find(inner) == nearer


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
        ('app = "shop.sync:app"', "", 'legacy.app: is missing; needed is app = "package.module:attribute"'),
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
