"""JSON that PostgreSQL prints as pydantic would: what goes from a row to a client unchanged need not become an object.

`row_to_json` and `array_to_json` print no spaces and escape as pydantic does; `json_build_object` and `json_agg` print
some. Numbers with decimals are text to pydantic, which keeps their digits; its times end in Z.
"""

JSON = "application/json"


def record(**fields: str) -> str:
    """Return SQL for an object of these expressions, in this order."""
    columns = ", ".join(f"{expression} AS {name}" for name, expression in fields.items())
    return f"(SELECT row_to_json(fields) FROM (SELECT {columns}) AS fields)"


def array(element: str, source: str) -> str:
    """Return SQL for an array of this expression over `FROM … ORDER BY …`; of no rows it is an empty one."""
    return f"array_to_json(ARRAY(SELECT {element} {source}))"


def moment(column: str) -> str:
    """Return SQL for a time in UTC, with six decimals or none, as pydantic and `isoformat` have it."""
    seconds = 'YYYY-MM-DD"T"HH24:MI:SS'
    return (
        f"to_char({column} AT TIME ZONE 'UTC', CASE WHEN date_trunc('second', {column}) = {column} "
        f"THEN '{seconds}\"Z\"' ELSE '{seconds}.US\"Z\"' END)"
    )


def decimal(expression: str) -> str:
    """Return SQL for a number as text."""
    return f"({expression})::text"
