"""What is sent under load is prepared once, and an app that answers nothing is not waited for again and again."""

import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from compare.bench.workload import Sample, scripts
from compare.errors import CouldNotRunError
from compare.traffic import load_scenarios
from compare.verdict.side import Side

TRAFFIC = """\
- scenario: twice
  steps:
    - GET /first: {status: 200}
    - GET /second: {status: 200}
"""


@pytest.mark.parametrize("start", [0, 1], ids=["sent again and again", "played before"])
async def test_an_app_that_answers_nothing_any_more_ends_it_at_the_first_request(tmp_path: Path, start: int) -> None:
    file = tmp_path / "traffic.yaml"
    file.write_text(TRAFFIC, encoding="utf-8")
    (scenario,) = load_scenarios([file])
    with socket.create_server(("127.0.0.1", 0)) as listening:  # the system takes connections, and nobody answers
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        subject: Any = SimpleNamespace(base_url=address, name="legacy", feed=None, alive=True)
        side = Side.of(subject, None, patience=0.2)
        samples = [Sample("GET /second", scenario, start, 1) for _ in range(3)]
        with pytest.raises(CouldNotRunError, match=r"The legacy app does not answer any more: GET /first.*0\.2 s"):
            await scripts(samples, side)
        await side.client.aclose()
