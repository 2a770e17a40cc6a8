"""Two apps that have to answer and write the same, each in a process and on a database of its own: asked together.

Where `compare` tells what differs in requests that a team has, here a test asks what nobody would think of.
"""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg2

from compare.config import load
from compare.postgres import Address, Clone, Server, fill, running_server
from compare.subjects import Subject, started

ROOT = Path(__file__).parents[1]
PLAIN, FAST = "async_app.main:create_app", "async_app.fast:create_app"
PATIENCE = 10.0  # seconds
PEOPLE = ("ada", "bob", "grace", "sue", "carl")
TOKENS = {name: secrets.token_urlsafe(8) for name in PEOPLE}

#: What a name may hold that JSON or CSV spell in a way of their own.
STRANGE = (
    'O\'Hara "quoted" back\\slash /slash, comma; tab\t line\r\n \b\f \x01\x1b\x7f'
    " \u2028\u2029 \u00e9\u4e2d\U0001f600 \ufeff"
)


@dataclass(frozen=True)
class Side:
    """An app that answers, and its database."""

    client: httpx.Client
    clone: Clone
    subject: Subject

    def receipts_are_written(self) -> bool:
        """Wait for the tasks that go on after the answer; False if they take too long."""
        deadline = time.monotonic() + PATIENCE
        while self.clone.fetch("SELECT FROM receipts WHERE status = 'pending'"):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return self.clone.wait_until_idle(PATIENCE)


@dataclass(frozen=True)
class Pair:
    """The app that is known, and the one that has to be like it."""

    known: Side
    tried: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both."""
        return self.known, self.tried

    def ask(  # noqa: PLR0913 - what a request is made of
        self,
        method: str,
        path: str,
        name: str | None = "ada",
        *,
        status: int = 200,
        body: object = None,
        headers: dict[str, str] | None = None,
        masked: Sequence[str] = (),
    ) -> httpx.Response:
        """Send both the same request, assert that the answers are the same, and return the one of the app on trial."""
        token = {"Authorization": f"Bearer {TOKENS.get(name, name)}"} if name else {}
        sent = {"X-Request-ID": "of the test", **token, **(headers or {})}
        raw, values = (body, None) if isinstance(body, bytes) else (None, body)
        known, tried = (
            side.client.request(method, path, headers=sent, content=raw, json=values) for side in self.sides
        )
        assert known.status_code == status, known.text
        assert _masked(tried, masked) == _masked(known, masked), self.tried.subject.output()
        return tried

    def page_through(self, name: str, status: str) -> None:
        """Read all orders that somebody sees with `&status=…` or none, in pages of several sizes."""
        for limit in (1, 3, 20, 100):
            after = ""
            while after is not None:
                page = self.ask("GET", f"/orders?limit={limit}{status}{after and f'&after={after}'}", name)
                after = page.json()["next"]

    def change(self, *statements: str, **values: str) -> None:
        """Run statements in both databases."""
        for side in self.sides:
            for statement in statements:
                side.clone.execute(statement, values)

    def rows(self, query: str) -> list[dict[str, object]]:
        """Assert that both databases hold the same rows, and return those of the app on trial."""
        known, tried = (side.clone.fetch(query) for side in self.sides)
        assert tried == known
        return tried

    def orders(self, condition: str) -> list[str]:
        """Return the public ids of these orders."""
        query = f"SELECT public_id::text AS id FROM orders WHERE {condition} ORDER BY orders.id"  # noqa: S608 - constants
        return [str(row["id"]) for row in self.rows(query)]

    def reset(self) -> None:
        """Put both databases back to how they were in the beginning."""
        for side in self.sides:
            assert side.clone.wait_until_idle(PATIENCE)
            side.clone.reset()


def _masked(answer: httpx.Response, names: Sequence[str]) -> tuple[int, bytes, list[tuple[str, str]]]:
    """Return what has to be the same; the values of these JSON members differ by nature."""
    body, headers = answer.content, answer.headers.multi_items()
    headers = sorted((key, text) for key, text in headers if key != "date")
    for name in names if answer.is_success else ():
        value = str(answer.json()[name])
        body = body.replace(value.encode(), f"<{name}>".encode())
        headers = [(key, text.replace(value, f"<{name}>")) for key, text in headers]
    return answer.status_code, body, headers


@contextmanager
def filled_server() -> Iterator[Server]:
    """Give a server whose template holds the sample data, and the rows that it lacks."""
    config = load(ROOT / "pyproject.toml")
    with running_server(None) as server:

        def setup(address: Address) -> None:
            fill(config, address)
            _prepare(address)

        server.build_template(setup)
        yield server


@contextmanager
def paired(server: Server, known: str, tried: str, *, zone: str | None = None) -> Iterator[Pair]:
    """Serve two apps, each on a clone of its own.

    Args:
        server: Makes the clones.
        known: The import string of an async app's factory.
        tried: The same of the app that has to be like it.
        zone: The time zone that a session of theirs begins in, in place of the server's.
    """
    async_ = next(side for side in load(ROOT / "pyproject.toml").sides if side.name == "async")
    with ExitStack() as stack:
        sides = []
        for label, app in (("known", known), ("tried", tried)):
            clone = stack.enter_context(server.clone(label))
            if zone is not None:
                clone.execute(f'ALTER DATABASE "{clone.address.database}" SET timezone = %s', (zone,))
            subject = stack.enter_context(started(async_.model_copy(update={"app": app}), clone.address))
            client = stack.enter_context(httpx.Client(base_url=subject.base_url, timeout=30))
            sides.append(Side(client, clone, subject))
        yield Pair(*sides)


def _prepare(address: Address) -> None:
    """Make the rows that the sample data does not have."""
    connection = psycopg2.connect(address.url())
    with connection, connection.cursor() as cursor:
        cursor.execute("UPDATE customers SET name = %s WHERE id = 2", (STRANGE,))
        cursor.execute("UPDATE items SET name = id || %s WHERE id %% 3 = 0", (STRANGE,))
        cursor.execute("UPDATE payment_methods SET label = %s WHERE id = 2", (STRANGE,))
        cursor.execute("UPDATE order_lines SET unit_price = 0.10 WHERE id % 5 = 0")
        cursor.execute("UPDATE order_lines SET unit_price = 0.00 WHERE id % 7 = 0")
        cursor.execute("UPDATE order_lines SET unit_price = 99999999.99, quantity = 1000000 WHERE id % 11 = 0")
        cursor.execute("UPDATE orders SET created_at = created_at + interval '0.1 s' WHERE id % 3 = 0")
        cursor.execute("UPDATE orders SET updated_at = created_at + interval '0.000001 s' WHERE id % 4 = 0")
        cursor.execute("UPDATE order_status_changes SET at = at + interval '123456 us' WHERE id % 2 = 0")
        cursor.execute("DELETE FROM order_lines WHERE order_id = 1")
        cursor.execute("DELETE FROM order_status_changes WHERE order_id = 1")
        cursor.execute("UPDATE orders SET customer_id = 2 WHERE id <= 8")
        cursor.execute(
            "UPDATE orders SET payment_method_id = payment_methods.id FROM payment_methods"
            " WHERE payment_methods.customer_id = 2"
            "   AND (orders.id, kind) IN ((4, 'wallet'), (7, 'card'), (8, 'invoice'))"
        )
        for name, token in TOKENS.items():
            cursor.execute(
                "INSERT INTO login_tokens (customer_id, token_hash, lifetime)"
                " SELECT id, sha256(convert_to(%s, 'UTF8')), interval '1 day' FROM customers WHERE email = %s",
                (token, f"{name}@example.org"),
            )
    connection.close()
