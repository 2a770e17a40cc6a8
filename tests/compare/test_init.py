"""`compare init`: what it sees of a project, and that what it writes is a configuration that holds."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from compare.config import load
from compare.init import document, looked_at

SETTINGS = """
from pydantic import Field, PostgresDsn, computed_field
from pydantic_settings import BaseSettings, SettingsConfigDict

class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="shop_")
    api: str = "/v2"
    secret: str
    db_host: str = "localhost"
    db_port: int = 5432
    db_username: str = Field(default="shop")
    db_password: str = Field(validation_alias="SHOP_PW_POSTGRES_PASSWORD")
    db_name: str = "shop"
"""
MAIN = """
from fastapi import Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer
from shop.settings import Settings
settings = Settings()
bearer = OAuth2PasswordBearer(tokenUrl=f"{settings.api}/token")
app = FastAPI()
"""


def project(folder: Path, **files: str) -> Path:
    """A project of these files; `__` in a name is a folder's end, `DOT` is `.`."""
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("DOT", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def written(folder: Path) -> dict[str, object]:
    """The keys of what is written for the project."""
    return tomllib.loads(document(looked_at(folder)))


def test_settings_by_parts_with_a_prefix_and_an_alias_become_placeholders(tmp_path: Path) -> None:
    folder = project(tmp_path, shop__settingsDOTpy=SETTINGS, shop__mainDOTpy=MAIN, shop__initDOTpy="")
    (folder / "shop" / "__init__.py").touch()
    keys = written(folder)
    assert keys["legacy"] == {
        "app": "shop.main:app",
        "env": {
            "SHOP_DB_HOST": "{host}",
            "SHOP_DB_PORT": "{port}",
            "SHOP_DB_USERNAME": "{user}",
            "SHOP_PW_POSTGRES_PASSWORD": "{password}",
            "SHOP_DB_NAME": "{database}",
        },
    }


def test_the_token_endpoint_is_put_together_from_settings(tmp_path: Path) -> None:
    folder = project(tmp_path, shop__settingsDOTpy=SETTINGS, shop__mainDOTpy=MAIN)
    assert '# request = "POST /v2/token"' in document(looked_at(folder))


def test_a_setting_without_a_default_is_named(tmp_path: Path) -> None:
    folder = project(tmp_path, shop__settingsDOTpy=SETTINGS, shop__mainDOTpy=MAIN)
    assert "goes into env: SHOP_SECRET" in document(looked_at(folder))


@pytest.mark.parametrize(
    ("code", "placeholder"),
    [
        ('os.environ["DATABASE_URL"]\nfrom sqlalchemy.ext.asyncio import create_async_engine', "{async_url}"),
        ('os.getenv("DATABASE_URL", "postgresql+psycopg://x")', "{psycopg_url}"),
        ('os.getenv("DATABASE_URL")\nimport psycopg2', "{sync_url}"),
        ('os.getenv("DATABASE_URL")\nimport asyncpg', "{url}"),
    ],
)
def test_a_url_setting_gets_the_driver_that_the_project_uses(tmp_path: Path, code: str, placeholder: str) -> None:
    folder = project(tmp_path, mainDOTpy=f"import os\nfrom fastapi import FastAPI\n{code}\napplication = FastAPI()\n")
    assert written(folder)["async"] == {"app": "main:application", "env": {"DATABASE_URL": placeholder}}


def test_a_setting_that_only_an_env_file_names_is_found_by_its_value(tmp_path: Path) -> None:
    main = "from fastapi import FastAPI\napi = FastAPI()\n"
    folder = project(tmp_path, mainDOTpy=main, DOTenv='export STORE="postgresql://u:p@h/d"  # ours\nPORT=80\n')
    assert written(folder)["database"] == {"env": {"STORE": "{url}"}}


def test_a_factory_and_a_source_folder_are_found(tmp_path: Path) -> None:
    factory = "import fastapi\n\ndef make(debug=False):\n    made = fastapi.FastAPI()\n    return made\n"
    folder = project(tmp_path, pyprojectDOTtoml="", src__shop__webDOTpy=factory)
    (folder / "src" / "shop" / "__init__.py").touch()
    legacy = written(folder)["legacy"]
    assert isinstance(legacy, dict)
    assert (legacy["app"], legacy["directory"]) == ("shop.web:make", "src")


def test_an_app_of_each_stack_becomes_a_side_of_its_own(tmp_path: Path) -> None:
    main = "from fastapi import FastAPI\napp = FastAPI()\n"
    keys = written(project(tmp_path, shop__mainDOTpy=main, shop_async__mainDOTpy=main))
    assert [side["app"] for side in (keys["legacy"], keys["async"]) if isinstance(side, dict)] == [
        "shop.main:app",
        "shop_async.main:app",
    ]


def test_migrations_and_seed_scripts_become_the_set_up(tmp_path: Path) -> None:
    main = "from fastapi import FastAPI\napp = FastAPI()\n"
    folder = project(tmp_path, back__mainDOTpy=main, back__alembicDOTini="", back__toolsDOTx="", back__seedDOTpy="")
    assert written(folder)["database"] == {
        "directory": "back",
        "setup": ["python -m alembic upgrade head", "python -m seed"],
        "env": {"DATABASE_URL": "{url}"},
    }


def test_tests_environments_and_broken_files_are_passed_over(tmp_path: Path) -> None:
    main = "from fastapi import FastAPI\napp = FastAPI()\n"
    folder = project(
        tmp_path, mainDOTpy=main, tests__appDOTpy=main, lib__pyvenvDOTcfg="", lib__appDOTpy=main, brokenDOTpy="def ("
    )
    assert [app.name for app in looked_at(folder).apps] == ["main:app"]


def test_what_is_written_is_a_configuration_that_loads(tmp_path: Path) -> None:
    folder = project(tmp_path, shop__settingsDOTpy=SETTINGS, shop__mainDOTpy=MAIN)
    path = folder / "compare.toml"
    path.write_text(document(looked_at(folder)), encoding="utf-8")
    assert load(path).legacy.app == "shop.main:app"


def test_the_command_writes_once_and_then_asks_for_force(tmp_path: Path) -> None:
    project(tmp_path, mainDOTpy="from fastapi import FastAPI\napp = FastAPI()\n")
    command = [sys.executable, "-m", "compare", "init", str(tmp_path)]
    codes = [subprocess.run([*command, *more], check=False).returncode for more in ((), (), ("--force",))]  # noqa: S603 - our own command
    assert codes == [0, 2, 0]


def test_a_folder_without_an_app_is_told_what_to_write_by_hand(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "compare", "init", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert done.returncode == 2
    assert "[tool.compare.legacy]" in done.stderr
