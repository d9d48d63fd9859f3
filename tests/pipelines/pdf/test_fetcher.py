"""A page fetches nothing, by whatever word it asks."""

from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from pipelines.pdf import PdfError
from pipelines.pdf.pages import texts
from pipelines.pdf.painter import Painter
from tests.needs import needs_pango

pytestmark = needs_pango

ASKING = {
    "image": "<img src='{url}'>",
    "style sheet": "<link rel=stylesheet href='{url}'>",
    "import": "<style>@import url({url});</style>",
    "font": "<style>@font-face {{ font-family: f; src: url({url}) }} p {{ font-family: f }}</style><p>x",
    "background": "<p style='background: url({url})'>x",
    "attachment": "<link rel=attachment href='{url}'>",
    "object": "<object data='{url}'></object>",
    "base": "<base href='{url}'><img src='a.png'>",
}
IN_DRAWINGS = {  # WeasyPrint passes over whatever fails in a drawing
    "image": "<svg width=9 height=9><image href='{url}' width=9 height=9 /></svg>",
    "use": "<svg width=9 height=9><use href='{url}#a' /></svg>",
}


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and the requests that came to it."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/x", asked
        server.shutdown()


@pytest.mark.parametrize("word", ASKING)
@pytest.mark.parametrize("place", ["network", "file"])
def test_a_page_that_asks_is_refused(painter: Painter, server: tuple[str, list[str]], word: str, place: str):
    url = server[0] if place == "network" else "file:///etc/passwd"
    with pytest.raises(PdfError, match="and pages fetch nothing") as caught:
        painter.draw("asking", ASKING[word].format(url=url))
    assert caught.value.reason == "error" and server[1] == []


@pytest.mark.parametrize("word", IN_DRAWINGS)
def test_a_drawing_that_asks_gets_nothing(painter: Painter, server: tuple[str, list[str]], word: str):
    for url in (server[0], "file:///etc/passwd"):
        drawn = painter.draw("asking", "<p>text" + IN_DRAWINGS[word].format(url=url))
        assert texts(drawn.pdf)[0].strip() == "text" and server[1] == []


def test_a_small_image_may_be_carried_along(painter: Painter):
    assert painter.draw("small", f"<img src='{svg_of(1000)}'>").pages == 1


def test_a_large_one_may_not(painter: Painter):
    with pytest.raises(PdfError, match="at most 65,536 are drawn"):
        painter.draw("large", f"<img src='{svg_of(80_000)}'>")


def svg_of(size: int) -> str:
    text = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/>"
    return "data:image/svg+xml;base64," + b64encode(f"{text}<!--{' ' * size}--></svg>".encode()).decode()
