"""The transactions layer: where transactions begin and end, and when the answer left between them."""

from __future__ import annotations

from compare.findings.catalogue.entry import Entry

TRANSACTIONS = {
    "TXN001": Entry(
        "commit after the answer",
        "The client has its answer before the change is committed: it may read its own write too early, and is told of "
        "success even if the commit fails.",
        "commit in the use case, before the answer is made; not in a dependency's exit",
        trap="T37, T38",
    ),
    "TXN002": Entry(
        "success answered after a rollback",
        "The answer says that it worked, and what was written has been rolled back.",
        "see which exception was swallowed, or which session was closed without a commit",
        trap="T37",
    ),
    "TXN003": Entry(
        "one unit of work in several transactions",
        "Legacy writes in one transaction what async commits in several: a failure in between leaves half of it.",
        "one session and one commit per unit of work; pass the session down instead of opening another",
    ),
    "TXN004": Entry(
        "write outside a transaction",
        "A statement that writes ran in the driver's autocommit mode: each statement is its own transaction.",
        "leave AUTOCOMMIT to statements that need it (VACUUM, CREATE DATABASE)",
    ),
    "TXN005": Entry(
        "transaction left open after the answer",
        "A connection was still at work or in a transaction seconds after the answer: a session that leaked, or work "
        "that goes on unseen. It holds locks and a place in the pool.",
        "close the session on every path (async with), and commit before answering",
        severity="hazard",
        trap="T29, T30",
    ),
    "TXN006": Entry(
        "savepoint lost",
        "Legacy guards a part of its work by a savepoint, async does not: an error in that part takes all along.",
        "async with session.begin_nested() around the same statements",
        trap="T24",
    ),
    "TXN007": Entry(
        "separate transactions were merged",
        "Legacy commits in several transactions what async writes in one: what was meant to survive a failure (an "
        "audit row, a counter, an outbox) no longer does.",
        "give it a session and a commit of its own, as legacy does",
    ),
    "TXN008": Entry(
        "reads spread over several sessions",
        "Several connections serve one request: they see different snapshots and take more places in the pool.",
        "nothing to do where the reads are independent; one session where they must agree",
        severity="information",
    ),
    "TXN009": Entry(
        "failed transaction is not tried again",
        "Legacy begins again after a deadlock or a serialization failure, async gives up: the class that the except "
        "clause names is another on this driver.",
        "decide on e.orig.sqlstate in ('40001', '40P01'), not on OperationalError",
        trap="T21",
    ),
    "TXN010": Entry(
        "transaction waits for something else",
        "A transaction stayed open while the app did something else for long: another service, a file, a sleep.",
        "do the slow thing before the transaction begins or after it has ended",
        severity="hazard",
        trap="T09",
    ),
    "TXN011": Entry(
        "second connection while the first is held",
        "A request takes another connection while it is in a transaction on the first: with a full pool such requests "
        "wait for each other.",
        "use the session that is there, or end its transaction first",
        severity="hazard",
        trap="T41",
    ),
    "TXN012": Entry(
        "rolled back where legacy commits",
        "The same statements ran and the transaction ended the other way.",
        "look for the exception or the missing commit on this path",
        trap="T02",
    ),
}
