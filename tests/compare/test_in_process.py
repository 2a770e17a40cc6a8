"""Which sides can run in the test process."""

import pytest

from compare.config import SideConfig
from compare.errors import UsageError
from compare.in_process import importable


def test_an_import_string_can_be_run_here() -> None:
    assert importable(SideConfig(name="async", app="lamp:make")) == "lamp:make"


@pytest.mark.parametrize(
    ("settings", "has"),
    [
        ({"command": "serve {port}"}, "a command in place of an app"),
        ({"url": "http://127.0.0.1:8000"}, "a url in place of an app"),
        ({"app": "lamp:make", "ref": "main"}, r"a ref \(main\)"),
    ],
)
def test_any_other_side_is_refused_with_the_way_out(settings: dict[str, str], has: str) -> None:
    side = SideConfig.model_validate({"name": "async", **settings})

    with pytest.raises(UsageError, match=f"has {has}. Leave out the marker in_process"):
        importable(side)
