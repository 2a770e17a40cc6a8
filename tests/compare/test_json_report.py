"""The JSON report: everything that the verdict holds, as its schema says."""

import json
from typing import Any

import jsonschema
import pytest

from compare.report import SCHEMA, as_json, schema
from compare.verdict import Verdict

from .verdicts import full, verdict


def document(subject: Verdict) -> dict[str, Any]:
    """The report as a program reads it."""
    parsed: dict[str, Any] = json.loads(as_json(subject))
    return parsed


@pytest.mark.parametrize(
    "subject", [verdict(), full(), full(stopped="async died"), Verdict({"legacy": "a", "async": "b"})]
)
def test_every_verdict_is_valid_under_the_schema(subject: Verdict) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(document(subject), schema(), jsonschema.Draft202012Validator)


def test_the_schema_refuses_what_it_does_not_know() -> None:
    with pytest.raises(jsonschema.ValidationError, match="'surprise' was unexpected"):
        jsonschema.validate({**document(full()), "surprise": 1}, schema(), jsonschema.Draft202012Validator)


def test_the_schema_s_version_is_the_report_s() -> None:
    assert document(full())["schema"] == SCHEMA == schema()["properties"]["schema"]["const"]


def test_json_holds_groups_coverage_and_sights() -> None:
    told = document(full())
    assert told["exit_code"] == 1
    assert [(group["code"], group["count"], len(group["examples"])) for group in told["groups"]] == [
        ("ROW003", 37, 3),
        ("TXN001", 4, 1),
        ("RTM001", 12, 1),
        ("SQL011", 3, 1),
    ]
    assert told["coverage"]["never_sent"] == ["DELETE /orders/{id}"]
    assert told["coverage"]["columns"] == {"orders": ["id", "total"]}
    assert told["layers"][3]["reason"] == "the app was not seen to use SQLAlchemy"
    assert told["ignored"][0]["hits"] == 3
    assert len(told["unstable"]) == 2


def test_an_exchange_holds_what_both_sides_did() -> None:
    told = document(full())["groups"][0]["examples"][0]["exchange"]
    assert told["legacy"]["status"] == 201
    assert told["async"]["changes"] == ["transaction 1", "insert orders id=7 total=11.00"]
    assert [tick["lane"] for tick in told["legacy"]["ticks"]].count("statement") == 2
