"""A quote service in front of `wfm.quote`, with limits, structured errors, metrics and a form.

The two paths that answer quotes are plain ASGI: a bare quote takes about as long as a framework takes to find who
answers it. FastAPI has the other paths and the OpenAPI document of all.

`make serve`, or `uvicorn --app-dir examples/service app:app --workers 2`, then open http://127.0.0.1:8000/.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

from fastapi import FastAPI
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from wfm import __version__
from wfm.errors import DataError, InfeasibleError
from wfm.quotes import Quote, Refusal, RequestError, TimeLimitError, answer_schema, compare, quote, request_schema

HERE = Path(__file__).parent
MAX_BYTES = int(os.environ.get("QUOTES_MAX_BYTES", "100000"))
TIME_LIMIT = os.environ.get("QUOTES_TIME_LIMIT", "2s")
# Upper ends of the latency classes in seconds.
BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
# Compiled for the fields of an answer: a quarter of the time of `Quote.to_json`, which loads no pydantic.
AS_JSON = TypeAdapter(Quote).serializer.to_json


class Metrics:
    """Counts of answers by path and status, and of their latency; each worker has its own."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, int], int] = {}
        self.below = [0] * (len(BUCKETS) + 1)
        self.seconds = 0.0

    def add(self, path: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self.answers[path, status] = self.answers.get((path, status), 0) + 1
        place = next((place for place, end in enumerate(BUCKETS) if seconds <= end), len(BUCKETS))
        self.below[place] += 1
        self.seconds += seconds

    def text(self) -> str:
        """Return the counts in Prometheus' text format."""
        lines = ["# TYPE quotes_answers_total counter"]
        for (path, status), count in sorted(self.answers.items()):
            lines.append(f'quotes_answers_total{{path="{path}",status="{status}"}} {count}')
        lines.append("# TYPE quotes_latency_seconds histogram")
        total = 0
        for end, count in zip((*map(str, BUCKETS), "+Inf"), self.below, strict=True):
            total += count
            lines.append(f'quotes_latency_seconds_bucket{{le="{end}"}} {total}')
        lines += [f"quotes_latency_seconds_sum {self.seconds:.6f}", f"quotes_latency_seconds_count {total}", ""]
        return "\n".join(lines)


class BodyError(Exception):
    """A body that was not read: its status, what is wrong, what to do."""


def failed(errors: list[dict[str, object]]) -> bytes:
    """Return errors as the contract has them: path, message, value, remedy."""
    return json.dumps({"schema": "1", "errors": errors}, separators=(",", ":")).encode()


def fault(message: str, remedy: str) -> list[dict[str, object]]:
    return [{"path": "", "message": message, "value": None, "remedy": remedy}]


async def body_of(receive: Receive) -> bytes:
    """Return the body, read no further than the limit."""
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise BodyError(400, "the body broke off", "send it whole")
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BYTES:
            raise BodyError(413, f"a body above {MAX_BYTES} bytes", "send a smaller request")
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


def as_object(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        what = f"not JSON: {error}"
        raise RequestError([Refusal("", what, "", "send one JSON object in UTF-8")]) from None


async def answered(receive: Receive, work: Callable[[Any], bytes]) -> tuple[int, bytes]:
    """Return the status and what some work makes of the body, or its errors."""
    try:
        data = as_object(await body_of(receive))
        # A bare quote takes less than a change of threads; a range would keep others waiting.
        return 200, work(data) if is_bare(data) else await run_in_threadpool(work, data)
    except BodyError as error:
        status, message, remedy = error.args
        return status, failed(fault(message, remedy))
    except RequestError as error:
        return 422, failed(error.to_list())
    except TimeLimitError as error:
        return 503, failed(fault(str(error), "ask for fewer points, or without tornado and pareto"))
    except (DataError, InfeasibleError) as error:
        return 422, failed(fault(str(error), "change the request"))


def is_bare(data: Any) -> bool:
    """Whether a request is for one live queue without range, levers and Pareto curve."""
    if not isinstance(data, Mapping) or data.get("exact") or data.get("years"):
        return False
    queues = data.get("queues")
    if not isinstance(queues, list) or len(queues) != 1 or not isinstance(queues[0], Mapping):
        return False
    plain = queues[0].get("channel", "phone") == "phone" and "patience" not in queues[0]
    return plain and data.get("range_points") == 0 and data.get("tornado") is False and data.get("pareto") is False


def one_quote(data: Any) -> bytes:
    return AS_JSON(quote(data, time_limit=TIME_LIMIT))


def two_quotes(data: Any) -> bytes:
    """Answer `{"a": request, "b": request}`."""
    if not isinstance(data, Mapping) or set(data) != {"a", "b"}:
        raise RequestError([Refusal("", "a comparison is of two requests", None, "send {'a': ..., 'b': ...}")])
    return json.dumps(compare(data["a"], data["b"], time_limit=TIME_LIMIT).to_dict(), separators=(",", ":")).encode()


@cache
def schemas() -> dict[str, Any]:
    return {"schema": "1", "request": request_schema(), "answer": answer_schema()}


def described(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what OpenAPI says of a path with that body."""
    error = {
        "type": "object",
        "required": ["schema", "errors"],
        "properties": {"schema": {"const": "1"}, "errors": {"type": "array", "items": {"type": "object"}}},
    }
    wrong = {"description": "errors, each with path, message, value, remedy",
             "content": {"application/json": {"schema": error}}}  # fmt: skip
    return {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "the answer", "content": {"application/json": {"schema": {}}}}}
        | {str(status): wrong for status in (400, 413, 422, 503)},
    }


def inlined(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema without references, so that it can stand inside another document."""
    parts = schema.get("$defs", {})

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            if "$ref" in value:
                return walk(parts[value["$ref"].rsplit("/", 1)[-1]])
            # What a discriminator maps to are references too.
            return {name: walk(one) for name, one in value.items() if name not in ("$defs", "discriminator", "$id")}
        return [walk(one) for one in value] if isinstance(value, list) else value

    made: dict[str, Any] = walk(dict(schema))
    made.pop("$schema", None)
    return made


def pages(metrics: Metrics) -> FastAPI:
    """Return the paths that are asked now and then, and the OpenAPI document of all paths."""
    service = FastAPI(title="Staffing quotes", version=__version__, docs_url=None, redoc_url=None)
    page = (HERE / "form.html").read_text(encoding="utf-8")

    @service.get("/schema", summary="JSON Schema of requests and answers")
    async def schema() -> Response:
        return JSONResponse(schemas())

    @service.get("/healthz", summary="Whether the service is up")
    async def healthz() -> Response:
        return JSONResponse({"status": "ok", "version": __version__})

    @service.get("/metrics", summary="Counts and latency of this worker, for Prometheus")
    async def counts() -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    @service.get("/", include_in_schema=False)
    async def form() -> Response:
        return HTMLResponse(page)

    made = service.openapi()
    asked = inlined(request_schema())
    both = {"type": "object", "required": ["a", "b"], "properties": {"a": asked, "b": asked},
            "additionalProperties": False}  # fmt: skip
    for path, body, summary in (
        ("/quotes", asked, "A staffing quote"),
        ("/quotes/compare", both, "Two quotes beside each other"),
    ):
        made["paths"][path] = {"post": described(body) | {"summary": summary}}
    return service


class Service:
    """The service: quotes are answered here, everything else by the pages behind."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.pages: ASGIApp = pages(self.metrics)
        self.works: dict[str, Callable[[Any], bytes]] = {"/quotes": one_quote, "/quotes/compare": two_quotes}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a quote, or pass on what is none."""
        work = self.works.get(scope["path"]) if scope["type"] == "http" else None
        if work is None:
            await self.pages(scope, receive, send)
            return
        start = perf_counter()
        if scope["method"] == "POST":
            status, body = await answered(receive, work)
        else:
            status, body = 405, failed(fault(f"no {scope['method']} here", "send a POST with a JSON body"))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        if status == 405:
            headers.append((b"allow", b"POST"))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        self.metrics.add(scope["path"], status, perf_counter() - start)


app = Service()
# Looking for rings of garbage takes up to an eighth of a bare quote, and of what is loaded it finds none: a quote
# leaves no rings, so it is looked for seldom and only in what came since.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)

if __name__ == "__main__":
    import uvicorn

    print(f"quotes on http://127.0.0.1:{os.environ.get('PORT', '8000')}/")
    os.chdir(HERE)
    port = int(os.environ.get("PORT", "8000"))
    # Nobody asks who the caller is, so headers of a proxy need not be read.
    uvicorn.run("app:app", host="127.0.0.1", port=port, workers=2, access_log=False, proxy_headers=False)
