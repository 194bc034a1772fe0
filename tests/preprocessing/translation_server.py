"""A LibreTranslate look-alike on the loopback address that misbehaves on demand."""

import json
import socket
import struct
import threading
import time
from collections import Counter, deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from sklearn_nn.preprocessing import Translator


def translation(text, target="fr"):
    """What the server makes of a text: every word marked, in the order of before."""
    return " ".join(f"{word}-{target}" for word in text.split())


class TranslationServer(ThreadingHTTPServer):
    """Answers like LibreTranslate; ``behaviours`` are used up one a request.

    A behaviour is a function of the handler and of the question; it returns True when
    it has answered. ``always`` is one for every request. ``asked`` counts how often
    each text came in, ``questions`` keeps the requests, ``times`` when they came.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behaviours = deque()
        self.always = None
        self.asked = Counter()
        self.questions = []
        self.times = []
        self.paths = []
        self.lock = threading.Lock()
        self.released = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address):
        """Keep quiet: connections are cut on purpose here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(json.loads(body))

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        self._answer({name: values[0] for name, values in query.items()})

    def _answer(self, question):
        server = self.server
        texts = question["q"] if isinstance(question["q"], list) else [question["q"]]
        with server.lock:
            server.questions.append(question)
            server.paths.append(self.path)
            server.times.append(time.monotonic())
            server.asked.update(texts)
            behaviour = server.behaviours.popleft() if server.behaviours else None
        for act in (behaviour, server.always):
            if act is not None and act(self, question):
                return
        if self.command == "GET":
            answer = translation(question["q"], question["tl"])
            page = f'<html><div class="result-container">{answer}</div></html>'
            return self.send(200, page.encode(), "text/html")
        target = question["target"]
        self.send_translations([translation(text, target) for text in texts])

    def send_translations(self, translations):
        self.send_json(200, {"translatedText": translations})

    def send_json(self, status, value, **headers):
        self.send(status, json.dumps(value).encode(), **headers)

    def send(self, status, body, kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


def status(code, message="no", **headers):
    """Answer with that status."""

    def act(handler, question):
        handler.send_json(code, {"error": message}, **headers)
        return True

    return act


def hang(handler, question):
    """Never answer, until the test ends."""
    handler.server.released.wait(30)
    handler.close_connection = True
    return True


def drip(handler, question):
    """Send a byte from time to time: no read of the socket ever times out."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    while not handler.server.released.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()
    return True


def truncate(handler, question):
    """Promise more bytes than are sent."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"translatedText": ["')
    handler.close_connection = True
    return True


def reset(handler, question):
    """Cut the connection with a TCP reset."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True
    handler.connection.close()
    return True


def body(text):
    """Answer with that body, whatever it is."""

    def act(handler, question):
        handler.send(200, text.encode())
        return True

    return act


def drop_first(handler, question):
    """Leave the first translation out."""
    handler.send_translations([translation(text) for text in question["q"]][1:])
    return True


def refuse(*words, code=400):
    """Refuse every request with a text that holds one of the words."""

    def act(handler, question):
        if not any(word in text for word in words for text in question["q"]):
            return False
        handler.send_json(code, {"error": "cannot translate"})
        return True

    return act


def delay(seconds):
    """Take a while, then answer as usual."""

    def act(handler, question):
        time.sleep(seconds)
        return False

    return act


@contextmanager
def serving():
    """Run a server in a thread."""
    server = TranslationServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def translator(url, **params):
    """Make a Translator that is quick to try again and detects nothing."""
    defaults = {"source": "en", "detector": None, "backoff": 0.01, "timeout": 5.0}
    return Translator(base_url=url, **(defaults | params))
