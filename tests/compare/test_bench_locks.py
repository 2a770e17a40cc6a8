"""Sessions that wait for a lock are seen from outside."""

import threading

import psycopg2
import pytest

from compare.bench.locks import LOOK_SECONDS, watching
from compare.postgres import Address, Server


def _filled(address: Address) -> None:
    with psycopg2.connect(address.url()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE lamps (id int PRIMARY KEY); INSERT INTO lamps VALUES (1)")


def test_a_session_that_waits_is_counted_for_as_long_as_it_waits(server: Server) -> None:
    server.build_template(_filled)
    with server.clone("locks") as clone:
        first, second = (psycopg2.connect(clone.address.url()) for _ in range(2))
        first.cursor().execute("SELECT * FROM lamps FOR UPDATE")
        waiter = threading.Thread(target=lambda: second.cursor().execute("SELECT * FROM lamps FOR UPDATE"))
        with watching(clone) as waits:
            waiter.start()
            assert not threading.Event().wait(LOOK_SECONDS * 5)
            first.rollback()
            waiter.join()
        first.close()
        second.close()
    assert waits.seconds == pytest.approx(LOOK_SECONDS * 5, abs=LOOK_SECONDS * 3)


def test_nobody_waits_where_nobody_locks(server: Server) -> None:
    server.build_template(_filled)
    with server.clone("none") as clone, watching(clone) as waits:
        threading.Event().wait(LOOK_SECONDS * 3)
    assert waits.seconds == 0


def test_a_database_that_nobody_knows_is_not_looked_at() -> None:
    with watching(None) as waits:
        pass
    assert waits.seconds is None
