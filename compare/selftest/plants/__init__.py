"""Every plant, a module a layer.

Traps of parts A and B of the kit's trap catalogue that two running apps cannot show, asked one request at a time:

| trap | why not |
|------|---------|
| T12 | an engine argument that the driver does not know ends the app before it answers |
| T32 | needs a client that leaves in the middle; the lockstep waits for every answer |
| T33 | needs PgBouncer between app and server |
| T35 | a fixture of a test suite, not of an app |
| T36 | a habit of in-process tests; a served app always runs its start-up |
"""

from compare.selftest.plants import error, response, rows, runtime, statements, transactions

PLANTS = (
    *response.PLANTS,
    *error.PLANTS,
    *rows.PLANTS,
    *statements.PLANTS,
    *transactions.PLANTS,
    *runtime.PLANTS,
)
"""All of them, layer by layer in the order in which reports show layers."""
