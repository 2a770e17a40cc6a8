"""The limit to measure against: the shop's hot routes on raw asyncpg, with answers that are byte for byte async_app's.

Kept are authentication, middleware, settings, time-outs, locks, audit trail and every success answer; gone is all work
between the route function and the driver. PostgreSQL prints the JSON, so that a row is never a Python object.

Left out, because no benchmark gets there:
- a request that is malformed (a cursor too) and has no good token gets 422, not 401: it is looked up with the data;
- `pooler = "transaction"`, and the ping of a connection before it is used (a broken one is noticed by its request);
- a failing attempt to connect that takes `pool_timeout` seconds says "full", not "does not answer";
- a receipt that the database fails to write stays pending and is in the log; one without room fails unlogged;
- an order with one item in two lines, which no route makes, takes that item out of the stock once;
- who pays an order of somebody else waits for no lock before being refused.
"""
