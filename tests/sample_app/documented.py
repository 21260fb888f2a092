"""A test client that holds every answer of the JSON API against the shop's own OpenAPI document."""

import re
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_login import FlaskLoginClient
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse


class DocumentedClient(FlaskLoginClient):
    """`app.test_client(user=customer)` is that customer's browser."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = super().open(*args, **kwargs)
        document = openapi(self.application)
        for path, operations in document["paths"].items():
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), response.request.path):
                check(document, operations.get(response.request.method.lower()), response)
        return response


@cache
def openapi(app: Flask) -> Any:
    """The document as the shop serves it; asking once is enough."""
    return FlaskClient(app, app.response_class).get("/openapi.json").json


def check(
    document: dict[str, Any], operation: dict[str, Any] | None, response: TestResponse
) -> None:
    """Fail unless the document describes this status and this body of this operation."""
    if operation is None:
        assert response.status_code in {200, 405}
        return
    described = operation["responses"].get(str(response.status_code))
    assert described, f"undocumented: {response.request.method} answered {response.status}"
    if "$ref" in described:
        described = document["components"]["responses"][described["$ref"].rpartition("/")[2]]
    if response.location:  # a redirect: it has nothing to tell but where to go
        return
    schema = described["content"]["application/json"]["schema"]
    Draft202012Validator({**schema, "components": document["components"]}).validate(response.json)
