"""S3 servers as one hopes never to meet them: one that ignores conditions, and one that breaks off in mid-answer."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: dict[str, bytes]
    breaks_off_after: int
    ranges_asked: list[str]

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.objects[self.path] = body
        self._answer(200, b"", {"ETag": f'"{hashlib.md5(body).hexdigest()}"'})  # noqa: S324  an ETag is one

    def do_DELETE(self) -> None:
        self.objects.pop(self.path, None)
        self._answer(204, b"", {})

    def do_HEAD(self) -> None:
        self._get(with_body=False)

    def do_GET(self) -> None:
        self._get(with_body=True)

    def _get(self, *, with_body: bool) -> None:
        body = self.objects.get(self.path)
        if body is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>" if with_body else b"", {})
            return
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        if asked:
            self.ranges_asked.append(asked[0])
        rest = body[int(asked[1]) :] if asked else body
        headers = {"Last-Modified": formatdate(usegmt=True), "ETag": '"e"', "Content-Length": str(len(rest))}
        breaks_off = with_body and asked is not None and 0 < self.breaks_off_after < len(rest)
        self._answer(206 if asked else 200, b"", headers)
        if with_body:
            self.wfile.write(rest[: self.breaks_off_after] if breaks_off else rest)
        if breaks_off:
            self.close_connection = True

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: the test says what went wrong."""


@contextmanager
def serve_lies(
    *,
    ignores_conditions: bool = True,
    breaks_off_after: int = 0,
    objects: dict[str, bytes] | None = None,
    ranges_asked: list[str] | None = None,
) -> Iterator[str]:
    """The address of such a server. objects: path -> body. ranges_asked: fills with what readers ask for."""
    assert ignores_conditions, "the honest one is SeaweedFS"
    asked = ranges_asked if ranges_asked is not None else []
    stored = objects if objects is not None else {}
    kind = type(
        "Handler", (_Handler,), {"objects": stored, "breaks_off_after": breaks_off_after, "ranges_asked": asked}
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
