"""Generated requests: from which documents, with which ids, always the same ones, and what a bad document gets."""

import copy
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import pytest
from fastapi import FastAPI, Header
from pydantic import BaseModel, Field

from compare.errors import CouldNotRunError, UsageError
from compare.traffic import Request, Scenario
from compare.traffic.openapi import Generated, cases, generate

Json = dict[str, Any]


def answer(schema: Json, **more: Any) -> Json:  # noqa: ANN401 - keys of a response object
    """A response with a JSON body."""
    return {"description": "fine", "content": {"application/json": {"schema": schema}}, **more}


ID: Json = {"type": "object", "properties": {"id": {"type": "integer"}}}
LISTING: Json = {"type": "object", "properties": {"items": {"type": "array", "items": ID}}}
NEW_ORDER: Json = {
    "type": "object",
    "properties": {
        "customer_id": {"type": "integer"},
        "quantity": {"type": "integer", "minimum": 1, "maximum": 9},
        "note": {"type": "string", "maxLength": 5},
    },
    "required": ["customer_id", "quantity"],
    "additionalProperties": False,
}
ORDER_ID: Json = {"name": "order_id", "in": "path", "required": True, "schema": {"type": "integer"}}
SHOP: Json = {
    "openapi": "3.1.0",
    "info": {"title": "Shop", "version": "1"},
    "paths": {
        "/customers": {
            "get": {"responses": {"200": answer(LISTING)}},
            "post": {"responses": {"201": answer(ID)}},
        },
        "/orders": {
            "post": {
                "requestBody": {"required": True, "content": {"application/json": {"schema": NEW_ORDER}}},
                "responses": {"201": answer(ID)},
            }
        },
        "/orders/{order_id}": {
            "get": {"parameters": [ORDER_ID], "responses": {"200": answer(ID)}},
            "delete": {"parameters": [ORDER_ID], "responses": {"204": {"description": "gone"}}},
        },
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def shop() -> Generated:
    """What is generated from SHOP."""
    return generate(SHOP, examples=8)


def named(generated: Generated, name: str) -> Iterator[Scenario]:
    """The scenarios of a kind."""
    return (one for one in generated.scenarios if one.name.startswith(f"openapi {name}"))


def calls(scenario: Scenario) -> list[str]:
    """Method and target of each step."""
    return [f"{step.method} {step.target}" for step in scenario.steps]


def digest(generated: Generated) -> str:
    """All of it as one number."""
    return hashlib.sha256(repr(generated).encode()).hexdigest()


def test_every_operation_is_asked(shop: Generated) -> None:
    asked = {call for scenario in shop.scenarios for call in calls(scenario)}
    assert {"GET /customers", "POST /customers", "POST /orders", "GET /orders/${order_id}"} <= asked
    assert "DELETE /orders/${order_id}" in asked
    assert shop.skipped == ()
    assert len({scenario.name for scenario in shop.scenarios}) == len(shop.scenarios)
    assert all(scenario.lenient for scenario in shop.scenarios)


def test_what_needs_an_id_comes_after_what_makes_it_and_uses_it(shop: Generated) -> None:
    first = next(named(shop, "GET /orders/{order_id} valid"))
    assert calls(first) == ["GET /customers", "POST /customers", "POST /orders", "GET /orders/${order_id}"]
    captured = [{one.name: one.source for one in step.captures} for step in first.steps]
    assert captured == [{"customer_id": "/items/0/id"}, {"customer_id": "/id"}, {"order_id": "/id"}, {}]
    body = first.steps[2].body
    assert isinstance(body, dict)
    assert body["customer_id"] == "${customer_id}"
    assert json.loads(first.steps[2].render({"customer_id": 7}).content)["customer_id"] == 7


def test_a_thing_that_is_made_is_looked_at_ended_and_looked_at_again(shop: Generated) -> None:
    life = next(named(shop, "POST /orders and what follows"))
    look, end = "GET /orders/${order_id}", "DELETE /orders/${order_id}"
    assert calls(life)[-4:] == ["POST /orders", look, end, look]


def test_no_step_refers_to_what_nothing_before_it_captures(shop: Generated) -> None:
    for scenario in shop.scenarios:
        known: set[str] = set()
        for step in scenario.steps:
            assert set(step.names()) <= known, scenario.name
            known.update(one.name for one in step.captures)


def bodies(generated: Generated, name: str) -> list[Any]:
    """The JSON bodies that are sent to POST /orders."""
    steps = [step for scenario in named(generated, name) for step in scenario.steps]
    return [
        step.body for step in steps if step.method == "POST" and step.target == "/orders" and step.body_kind == "json"
    ]


def test_requests_are_valid_at_the_boundaries_and_invalid(shop: Generated) -> None:
    valid, invalid = bodies(shop, "POST /orders valid"), bodies(shop, "POST /orders invalid")
    assert all(1 <= body["quantity"] <= 9 for body in valid)
    assert {1, 9} & {body["quantity"] for body in valid}
    assert invalid
    assert not any(fits(body) for body in invalid)


def fits(body: object) -> bool:
    """Whether a body fits the schema of an order."""
    return (
        isinstance(body, dict)
        and set(body) <= {"customer_id", "quantity", "note"}
        and body.get("quantity") in range(1, 10)
        and isinstance(body.get("customer_id"), int)
        and len(str(body.get("note", ""))) <= 5
    )


def test_ids_that_nobody_has_and_malformed_ones_are_tried(shop: Generated) -> None:
    unknown = [call for one in named(shop, "GET /orders/{order_id} unknown id") for call in calls(one)]
    assert [call for call in unknown if call.removeprefix("GET /orders/").lstrip("-").isdecimal()]
    malformed = [call for one in named(shop, "GET /orders/{order_id} invalid") for call in calls(one)]
    assert [call for call in malformed if not call.rpartition("/")[2].lstrip("-").isdecimal() and "$" not in call]


def test_the_same_seed_makes_the_same_requests_and_another_seed_others(shop: Generated) -> None:
    assert digest(generate(copy.deepcopy(SHOP), examples=8)) == digest(shop)
    assert digest(generate(SHOP, examples=8, seed=1)) != digest(shop)


def test_neither_the_hash_seed_nor_loaded_modules_change_what_is_generated(shop: Generated, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("CONSTANTS = ['a-constant-of-mine', 31337, 'another-one']\n")
    code = (
        "import json, sys, hashlib, mine\nfrom compare.traffic.openapi import generate\n"
        "made = generate(json.load(sys.stdin), examples=8)\nprint(hashlib.sha256(repr(made).encode()).hexdigest())"
    )
    path = os.pathsep.join([str(tmp_path), *sys.path])
    printed = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], input=json.dumps(SHOP), capture_output=True, text=True, check=True, cwd=tmp_path,
        env={**os.environ, "PYTHONHASHSEED": "2", "PYTHONPATH": path},
    ).stdout  # fmt: skip
    assert printed.strip() == digest(shop)
    assert {path.name for path in tmp_path.iterdir()} <= {"mine.py", "__pycache__"}  # no .hypothesis is left behind


def test_what_is_left_out_does_not_change_the_rest() -> None:
    part = generate(SHOP, examples=8, exclude=["DELETE *", "* /customers"])
    asked = {step.method + " " + step.target for one in part.scenarios for step in one.steps}
    assert "DELETE /orders/${order_id}" not in asked
    assert not [call for call in asked if "customers" in call]
    assert bodies(part, "POST /orders valid")
    with pytest.raises(UsageError, match=r"Every operation .* is excluded"):
        generate(SHOP, examples=1, exclude=["*"])


def test_links_of_the_document_go_before_names() -> None:
    document = copy.deepcopy(SHOP)
    document["paths"]["/orders"]["post"]["responses"]["201"] = answer(
        {"type": "object", "properties": {"receipt": {"type": "string"}}},
        links={"read": {"operationId": "read", "parameters": {"path.order_id": "$response.body#/receipt"}}},
    )
    document["paths"]["/orders/{order_id}"]["get"]["operationId"] = "read"
    first = next(named(generate(document, examples=4), "GET /orders/{order_id} valid"))
    captured = {one.name: one.source for step in first.steps for one in step.captures}
    (name,) = (name for name, source in captured.items() if source == "/receipt")
    assert first.steps[-1].target == f"/orders/${{{name}}}"


def test_a_header_that_the_configuration_sends_is_not_generated_and_strangers_are_tried() -> None:
    document = copy.deepcopy(SHOP)
    document["components"] = {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}}
    document["security"] = [{"bearer": []}]
    get = document["paths"]["/customers"]["get"]
    get["parameters"] = [{"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}}]
    made = generate(document, examples=4, headers=["x-tenant"])
    sent = {name for one in made.scenarios for step in one.steps for name, _ in step.headers}
    assert "x-tenant" not in sent
    strangers = [step for one in named(made, "requests of a stranger") for step in one.steps]
    assert {dict(step.headers)["authorization"] for step in strangers} == {"Bearer no-such-token"}
    assert len(strangers) == 5


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (None, "no JSON object but NoneType"),
        ([], "no JSON object but list"),
        ({"paths": {"/a": {}}}, "has no version"),
        ({"openapi": "3.1.0"}, "has no paths"),
        ({"openapi": "3.1.0", "paths": []}, "has no paths"),
        ({"openapi": "3.1.0", "paths": {"/a": {}}}, "has an operation"),
        ({"openapi": "9.9", "info": {}, "paths": {"/a": {"get": {"responses": {}}}}}, "9.9"),
    ],
)
def test_what_is_no_document_is_refused_in_words(document: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        generate(document, examples=1)


def test_an_operation_whose_schema_is_broken_is_skipped_and_named() -> None:
    document = copy.deepcopy(SHOP)
    broken = {"$ref": "#/components/schemas/Nowhere"}
    document["paths"]["/orders"]["post"]["requestBody"]["content"]["application/json"]["schema"] = broken
    made = generate(document, examples=4)
    assert [label for label, _ in made.skipped] == ["POST /orders"]
    assert "Nowhere" in made.skipped[0][1]
    assert list(named(made, "GET /orders/{order_id} unknown id"))


def test_a_schema_that_contains_itself_is_generated_from() -> None:
    document = copy.deepcopy(SHOP)
    document["openapi"] = "3.0.3"
    node: Json = {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Node"}, "value": {"type": "integer"}},
    }
    document["components"] = {"schemas": {"Node": node}}
    document["paths"]["/orders"]["post"]["requestBody"]["content"]["application/json"]["schema"] = {
        "$ref": "#/components/schemas/Node"
    }
    document["paths"]["/orders"]["post"]["responses"]["201"] = answer({"$ref": "#/components/schemas/Node"})
    made = generate(document, examples=4)
    assert made.skipped == ()
    assert bodies(made, "POST /orders valid")


def test_an_operation_that_takes_too_long_is_skipped_and_the_others_are_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import json, sys, threading\nasked = json.load(sys.stdin)\n"
        "for label in asked['operations']:\n"
        "    if label == 'b':\n        threading.Event().wait()\n"
        "    print(json.dumps({'operation': label, 'cases': []}), flush=True)\n"
    )
    monkeypatch.setattr(cases, "GENERATOR", slow)
    told = cases.ask({}, ["a", "b", "c"], 1, 0, patience=1.0)
    assert list(told.found) == ["a", "c"]
    assert told.skipped == {"b": "generating took longer than 1 s"}


def test_a_generator_that_dies_is_told_with_what_it_printed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    dying = tmp_path / "dying.py"
    dying.write_text("raise SystemExit('out of luck')\n")
    monkeypatch.setattr(cases, "GENERATOR", dying)
    with pytest.raises(CouldNotRunError, match="ended with exit status 1 before a") as caught:
        cases.ask({}, ["a"], 1, 0)
    assert "out of luck" in caught.value.details


def test_without_schemathesis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"async-migration-kit\[openapi\]"):
        generate(SHOP, examples=1)


class Cargo(BaseModel):
    """Something with a price."""

    price: Decimal = Field(gt=0, decimal_places=2)


def test_a_decimal_is_generated_so_that_the_application_takes_it() -> None:
    app = FastAPI()

    @app.post("/cargo")
    def load(cargo: Cargo) -> Cargo:
        return cargo

    made = generate(app.openapi(), examples=10)
    sent = [step.body for one in named(made, "POST /cargo valid") for step in one.steps]
    assert {isinstance(body["price"], str) for body in sent if isinstance(body, dict)} == {True, False}
    assert all(Cargo.model_validate(body) for body in sent)


class NewBoat(BaseModel):
    """What a boat is made of."""

    name: str = Field(min_length=1, max_length=20)
    owner_email: str
    length: float = Field(gt=0, le=100)


class Boat(NewBoat):
    """A boat."""

    id: UUID


def harbour() -> FastAPI:
    """A real application; nothing is ever asked of it but its document."""
    app = FastAPI()

    @app.post("/boats", status_code=201)
    def build(new: NewBoat) -> Boat:
        return Boat(id=UUID(int=1), **new.model_dump())

    @app.get("/boats")
    def every_boat(limit: Annotated[int, Field(ge=1, le=50)] = 10) -> list[Boat]:
        return [][:limit]

    @app.put("/boats/{boat_id}")
    def refit(boat_id: UUID, new: NewBoat, if_match: Annotated[str | None, Header()] = None) -> Boat:
        return Boat(id=boat_id, **new.model_dump()) if if_match else build(new)

    @app.delete("/boats/{boat_id}", status_code=204)
    def sink(boat_id: UUID) -> None:
        del boat_id

    return app


def sendable(step: Request) -> bool:
    """Whether an HTTP client takes the request."""
    wire = step.render(dict.fromkeys(step.names(), "x"))
    return wire.target.isascii() and all(value.isascii() for _, value in wire.headers)


def test_a_fastapi_application_is_generated_from() -> None:
    made = generate(harbour().openapi(), examples=10)
    assert made.skipped == ()
    life = next(named(made, "POST /boats and what follows"))
    refit, sink = "PUT /boats/${boat_id}", "DELETE /boats/${boat_id}"
    assert calls(life) == ["POST /boats", "GET /boats", refit, "GET /boats", sink, "GET /boats"]
    assert all(sendable(step) for one in made.scenarios for step in one.steps)
