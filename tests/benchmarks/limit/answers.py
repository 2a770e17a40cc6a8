"""SQL expressions that PostgreSQL prints exactly as pydantic prints the schemas of the shop.

Objects come from `row_to_json` and lists from `array_to_json`, which put no blank anywhere (`json_build_object` and
`json_agg` do); both escape text as pydantic does. Numerics are handed over as text, which makes them JSON strings.
"""

JSON = "application/json"

#: The order, its customer and its lines, for FROM. `orders` has to be in scope before it.
PARTS = """
  JOIN customers ON customers.id = orders.customer_id
 CROSS JOIN LATERAL (SELECT customers.public_id AS id, customers.email, customers.name, customers.status) customer
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(order_lines.quantity * order_lines.unit_price), 0)::text AS total,
           coalesce(array_to_json(array_agg(line ORDER BY order_lines.position)), '[]') AS lines
      FROM order_lines JOIN items ON items.id = item_id
     CROSS JOIN LATERAL (SELECT sku, name) item
     CROSS JOIN LATERAL (
        SELECT item, order_lines.quantity, order_lines.unit_price::text AS unit_price,
               (order_lines.quantity * order_lines.unit_price)::text AS amount
     ) line
     WHERE order_id = orders.id
 ) bought"""


def moment(column: str) -> str:
    """Return the text of a `timestamptz`: in UTC, with microseconds only where there are any."""
    text = f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"replace({text}, '.000000Z', 'Z')"


#: An account, of a table or alias `accounts`, as an expression.
ACCOUNT = """(SELECT row_to_json(account) FROM (
    SELECT accounts.public_id AS id, accounts.currency, accounts.balance::text AS balance) account)"""

#: The way an order was paid, as an expression; NULL where it was not.
PAYMENT_METHOD = f"""(
    SELECT CASE kind
        WHEN 'wallet' THEN (
            SELECT row_to_json(method) FROM (
                SELECT payment_methods.public_id AS id, kind, label, {ACCOUNT} AS account
                  FROM wallet_payments JOIN accounts ON accounts.id = account_id
                 WHERE wallet_payments.id = payment_methods.id
            ) method)
        WHEN 'card' THEN (
            SELECT row_to_json(method) FROM (
                SELECT payment_methods.public_id AS id, kind, label, brand, last_four
                  FROM card_payments WHERE card_payments.id = payment_methods.id
            ) method)
        ELSE (
            SELECT row_to_json(method) FROM (
                SELECT payment_methods.public_id AS id, kind, label, days
                  FROM invoice_payments WHERE invoice_payments.id = payment_methods.id
            ) method)
        END
      FROM payment_methods WHERE payment_methods.id = orders.payment_method_id)"""

#: An order as schemas.orders.OrderRead, as an expression over `orders` and `PARTS`.
ORDER = f"""(
    SELECT row_to_json(whole) FROM (
        SELECT orders.public_id AS id, orders.status, total, customer, {PAYMENT_METHOD} AS payment_method, lines,
               array_to_json(ARRAY(
                   SELECT step FROM order_status_changes
                    CROSS JOIN LATERAL (SELECT order_status_changes.status, {moment("at")} AS at) step
                    WHERE order_id = orders.id ORDER BY order_status_changes.id)) AS history,
               {moment("orders.created_at")} AS created_at, {moment("orders.updated_at")} AS updated_at
    ) whole)"""

#: An order as schemas.orders.OrderSummary, as an expression over `orders` and `PARTS`.
SUMMARY = f"""(
    SELECT row_to_json(summary) FROM (
        SELECT orders.public_id AS id, orders.status, total, customer, lines,
               {moment("orders.created_at")} AS created_at
    ) summary)"""


def ascii_json(column: str) -> str:
    """Return a text as `json.dumps` prints it, which leaves nothing but ASCII; almost always there is nothing to do."""
    quoted = f"to_json({column})::text"
    escaped = """CASE
        WHEN code BETWEEN 32 AND 126 THEN one
        WHEN code < 65536 THEN '\\u' || lpad(to_hex(code), 4, '0')
        ELSE '\\u' || to_hex(55296 + (code - 65536 >> 10)) || '\\u' || to_hex(56320 + (code - 65536 & 1023))
        END"""
    return f"""CASE WHEN {quoted} ~ '[^ -~]' THEN (
        SELECT string_agg({escaped}, '' ORDER BY place)
          FROM regexp_split_to_table({quoted}, '') WITH ORDINALITY characters (one, place)
         CROSS JOIN LATERAL (SELECT ascii(one) AS code) numbered
    ) ELSE {quoted} END"""
