"""The page's way in: what it says the moment its stream is open counts."""

from __future__ import annotations

import json
import time
from http.client import HTTPConnection

from player.surface.browser import BrowserSurface
from tests.fakes import eventually


class SlowSurface(BrowserSurface):
    """Takes its time to note that a stream began."""

    def stream(self, page: str, *, open_now: bool) -> None:
        time.sleep(0.2)
        super().stream(page, open_now=open_now)


def test_a_page_that_reports_at_once_is_believed() -> None:
    surface = SlowSurface(lambda: 0, 0)
    surface.start()
    try:
        stream = HTTPConnection("127.0.0.1", surface.port, timeout=5)
        stream.request("GET", "/stream?page=one")
        answer = stream.getresponse()  # the moment at which a browser says that it is open
        report = HTTPConnection("127.0.0.1", surface.port, timeout=5)
        own = {"Origin": f"http://127.0.0.1:{surface.port}", "Content-Type": "application/json"}
        body = json.dumps({"page": "one", "events": [{"type": "display", "visible": True}]})
        report.request("POST", "/events", body, own)
        assert report.getresponse().status == 200
        assert surface.displayed()
        answer.close()
        stream.close()
        eventually(lambda: not surface.displayed())
        report.close()
    finally:
        surface.stop()
