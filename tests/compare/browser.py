"""A headless Chromium that tests drive: chromedriver, spoken to in plain WebDriver."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server
from tempfile import TemporaryDirectory
from typing import Any

import httpx

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)
KEYS = {"Escape": "\ue00c", "Enter": "\ue007", "Tab": "\ue004"}
WITHIN = 5.0  # seconds until what a script does must show


@dataclass(frozen=True)
class Browser:
    """One session; `run` evaluates JavaScript in the page."""

    http: httpx.Client

    def open(self, page: Path) -> None:
        """Load a file and wait until it is loaded."""
        self._post("/url", url=page.as_uri())
        self.until("return document.readyState === 'complete'")

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the script returns
        """The value that `script` returns."""
        return self._post("/execute/sync", script=script, args=list(arguments))

    def press(self, *keys: str) -> None:
        """Type keys where the focus is: single characters, or names out of `KEYS`."""
        steps = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._post("/actions", actions=[{"type": "key", "id": "keyboard", "actions": steps}])

    def click(self, selector: str) -> None:
        """Click the first element that the selector finds, as a person would: it must be visible."""
        found = self._post("/element", using="css selector", value=selector)
        self._post(f"/element/{next(iter(found.values()))}/click")

    def until(self, script: str) -> None:
        """Wait until the script returns something true."""
        deadline = time.monotonic() + WITHIN
        while not self.run(script):
            assert time.monotonic() < deadline, f"never true: {script}"

    def logged(self) -> list[str]:
        """What the browser's console holds: errors of scripts, refused loads."""
        return [entry["message"] for entry in self._post("/se/log", type="browser")]

    def _post(self, path: str, **body: object) -> Any:  # noqa: ANN401 - WebDriver's `value`
        answer = self.http.post(path, json=body)
        value = answer.json()["value"]
        assert answer.is_success, value
        return value


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a driver and a session; both end with the block."""
    with create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(DRIVER), f"--port={port}", "--log-level=OFF"]
    with (
        TemporaryDirectory() as profile,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as driver,  # noqa: S603 - ours
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as http,
    ):
        try:
            _answers(http)
            options = {"binary": CHROMIUM, "args": [*FLAGS, f"--user-data-dir={profile}"]}
            wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
            session = http.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).json()["value"]
            path = f"/session/{session['sessionId']}"
            with httpx.Client(base_url=f"http://127.0.0.1:{port}{path}", timeout=30, trust_env=False) as inner:
                yield Browser(inner)
            http.delete(path)
        finally:
            driver.terminate()


def _answers(http: httpx.Client) -> None:
    deadline = time.monotonic() + WITHIN
    while True:
        try:
            if http.get("/status").json()["value"]["ready"]:
                return
        except httpx.TransportError:
            assert time.monotonic() < deadline, "chromedriver does not answer"
