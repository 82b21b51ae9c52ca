"""The API's own pages, `/docs` and `/openapi.json`, without a byte from another server."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import fastapi_offline
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse
from starlette.staticfiles import StaticFiles

from gamefold.web.errors import ErrorAnswers

ASSETS_PATH: Final = "/docs/assets"

_FRAMEWORKS_OWN: Final = "HTTPValidationError"

_ASSETS: Final = Path(fastapi_offline.__file__).parent / "static"
# The page starts itself with an inline script. Everything else, pictures included, is ours.
_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'self'"
)


def install_docs(app: FastAPI, answers: ErrorAnswers) -> None:
    """Add `/docs`, and let `/openapi.json` say how errors look at each path. Build `app` with `docs_url=None`."""

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        page = get_swagger_ui_html(
            openapi_url=app.openapi_url or "/openapi.json",
            title=f"{app.title} API",
            swagger_js_url=f"{ASSETS_PATH}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS_PATH}/swagger-ui.css",
            swagger_favicon_url=f"{ASSETS_PATH}/favicon.png",
            swagger_ui_parameters={"validatorUrl": None},
        )
        page.headers["Content-Security-Policy"] = _POLICY
        return page

    app.mount(ASSETS_PATH, StaticFiles(directory=_ASSETS), name="docs-assets")
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_errors(describe(), answers)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _with_errors(schema: dict[str, Any], answers: ErrorAnswers) -> dict[str, Any]:
    for path, operations in schema.get("paths", {}).items():
        error: Mapping[str, object] = {
            "description": "Refused, or failed",
            "content": {"application/json": {"schema": answers.style_at(path).schema}},
        }
        for operation in operations.values():
            responses = operation.setdefault("responses", {})
            # The framework promises its own form of a 422, which nobody gets here.
            if _FRAMEWORKS_OWN in str(responses.get("422")):
                del responses["422"]
            responses.setdefault("default", error)
    parts = schema.get("components", {}).get("schemas", {})
    parts.pop(_FRAMEWORKS_OWN, None)
    parts.pop("ValidationError", None)
    return schema
