"""The example service on its real server, and its form in a real browser."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wfm

pytest.importorskip("uvicorn", reason="not run: the extra 'service' is not installed")
pytest.importorskip("fastapi", reason="not run: the extra 'service' is not installed")
connect = pytest.importorskip("websockets.sync.client", reason="not run: no websockets").connect

BARE = {"range_points": 0, "tornado": False, "pareto": False}
GOOD = {"queues": [{"name": "calls", "volume": "900/day", "aht": "4min"}]}


@pytest.fixture(scope="module")
def port(project: Path) -> Iterator[int]:
    """A running service."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    words = [sys.executable, "-m", "uvicorn", "--app-dir", str(project / "examples" / "service"), "app:app"]
    words += ["--port", str(number), "--log-level", "warning"]
    running = subprocess.Popen(words, env=os.environ | {"QUOTES_MAX_BYTES": "20000"})
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{number}/healthz", timeout=1).read()
                break
            except OSError:
                time.sleep(0.05)
        yield number
    finally:
        running.terminate()
        running.wait(20)


def send(port: int, path: str, body: bytes | None = None) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET" if body is None else "POST", path, body)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if "json" in str(answer.headers["content-type"]) else text.decode()


def test_the_service_answers_as_the_library(port: int) -> None:
    mails = {"name": "mails", "channel": "email", "volume": "90/day", "aht": "6min"}
    long = GOOD | {"years": 2, "contracts": [{"name": "a", "share": 0.5}, {"name": "b", "share": 0.5, "shift": "4h"}]}
    for asked in (GOOD, GOOD | BARE, {"queues": [*GOOD["queues"], mails]}, long):
        status, found = send(port, "/quotes", json.dumps(asked).encode())
        assert status == 200
        assert found == json.loads(wfm.quote(asked).to_json())


def test_the_service_gives_the_same_bytes_for_the_same_request(port: int) -> None:
    url = f"http://127.0.0.1:{port}/quotes"
    texts = {urllib.request.urlopen(url, json.dumps(GOOD | BARE).encode()).read() for _ in range(5)}
    assert len(texts) == 1


def test_a_comparison(port: int) -> None:
    other = json.loads(json.dumps(GOOD))
    other["queues"][0]["patience"] = "2min"
    status, found = send(port, "/quotes/compare", json.dumps({"a": GOOD, "b": other}).encode())
    assert status == 200
    assert found["asked"] == [{"path": "queues[0].patience", "a": None, "b": "2min"}]
    status, found = send(port, "/quotes/compare", json.dumps({"a": GOOD, "b": {}}).encode())
    assert status == 422
    assert found["errors"][0]["path"] == "b.queues"


@pytest.mark.parametrize(
    ("body", "status", "path"),
    [
        (b"", 422, ""),
        (b"[", 422, ""),
        (b'"\xff"', 422, ""),
        (b'{"queues": [{"nam": "x"}]}', 422, "queues[0].nam"),
        (json.dumps({"queues": [GOOD["queues"][0] | {"volume": "1e12/day"}]}).encode(), 422, "queues[0].volume"),
        (b" " * 30_000, 413, ""),
    ],
)
def test_what_is_wrong_is_told_in_the_contracts_form(port: int, body: bytes, status: int, path: str) -> None:
    got, found = send(port, "/quotes", body)
    assert got == status
    assert found["schema"] == "1"
    assert found["errors"][0]["path"] == path
    assert set(found["errors"][0]) == {"path", "message", "value", "remedy"}


def test_schema_health_metrics_and_openapi(port: int) -> None:
    assert send(port, "/schema")[1]["request"]["required"] == ["queues"]
    assert send(port, "/healthz")[1]["status"] == "ok"
    assert "quotes_latency_seconds_count" in send(port, "/metrics")[1]
    paths = send(port, "/openapi.json")[1]["paths"]
    assert paths["/quotes"]["post"]["requestBody"]["content"]["application/json"]["schema"]["required"] == ["queues"]


def test_a_quote_is_posted_and_another_path_is_none(port: int) -> None:
    status, found = send(port, "/quotes")
    assert (status, found["errors"][0]["remedy"]) == (405, "send a POST with a JSON body")
    assert send(port, "/quote")[0] == 404


class Page:
    """A page in a browser, over its debugging protocol."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.number = 0

    def call(self, method: str, **params: Any) -> Any:
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv(timeout=60))
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]

    def run(self, code: str) -> Any:
        return self.call("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)["result"].get(
            "value"
        )


@pytest.fixture
def page(port: int, chromium: str, tmp_path: Path) -> Iterator[Page]:
    words = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--window-size=1180,1500"]
    words += ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"]
    words += ["--remote-debugging-port=0", f"--user-data-dir={tmp_path}", "about:blank"]
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    told = tmp_path / "DevToolsActivePort"
    try:
        for _ in range(600):
            if told.exists() and told.read_text().count("\n"):
                break
            time.sleep(0.05)
        debug = told.read_text().split()[0]
        with urllib.request.urlopen(f"http://127.0.0.1:{debug}/json/list", timeout=30) as answer:
            address = next(one["webSocketDebuggerUrl"] for one in json.load(answer) if one["type"] == "page")
        with connect(address, max_size=None) as opened:
            made = Page(opened)
            made.call("Page.enable")
            made.call("Page.navigate", url=f"http://127.0.0.1:{port}/")
            yield made
    finally:
        running.terminate()
        running.wait(20)


def wait_for(page: Page, code: str) -> None:
    for _ in range(400):
        if page.run(code):
            return
        time.sleep(0.05)
    pytest.fail(f"not seen in the browser: {code}")


def test_the_form_is_filled_and_answers(page: Page, tmp_path: Path) -> None:
    wait_for(page, "document.body?.dataset.answered === 'yes'")
    page.run("delete document.body.dataset.answered; const f = document.forms[0]; f.contacts.value = '5000'; "
             "f.channel.value = 'phone'; f.aht.value = '6min'; f.requestSubmit(); 0")  # fmt: skip
    wait_for(page, "document.body.dataset.answered === 'yes'")
    asked = {
        "queues": [{"name": "phone", "channel": "phone", "volume": "5000/day", "aht": "6min", "patience": "4min"}],
        "shrinkage": 0.3,
        "contracts": [{"name": "full", "wage": 20}],
        "range_points": 128,
    }
    wanted = wfm.quote(asked)
    assert page.run("document.querySelector('.figure b').textContent") == f"{wanted.peak_agents:,}"
    assert page.run("document.querySelectorAll('#pareto circle').length") == len(wanted.pareto)
    assert page.run("document.querySelectorAll('#week path').length") == 2
    assert page.run("document.querySelectorAll('#tornado rect').length") >= 6
    picture = base64.b64decode(page.call("Page.captureScreenshot", format="png")["data"])
    assert picture.startswith(b"\x89PNG")
    if os.environ.get("WFM_PICTURES"):
        (Path(os.environ["WFM_PICTURES"]) / "quote.png").write_bytes(picture)


def test_the_form_tells_what_is_wrong(page: Page) -> None:
    wait_for(page, "document.body?.dataset.answered === 'yes'")
    page.run("document.forms[0].aht.value = '7'; document.forms[0].requestSubmit(); 0")
    wait_for(page, "document.getElementById('errors').textContent.includes('queues[0].aht')")
    assert page.run("document.getElementById('answer').hidden") is True
