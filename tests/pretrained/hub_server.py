"""A hub of our own, on this machine, that offers the models in a folder."""

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
_API = re.compile(r"/api/models/(?P<name>[^/]+/[^/]+)(/revision/(?P<revision>[^/]+))?$")
_FILE = re.compile(r"/(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)$")


class _Handler(BaseHTTPRequestHandler):
    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def _answer(self):
        path = self.path.partition("?")[0]
        api, file = _API.match(path), _FILE.match(path)
        match = api or file
        if match is None:
            return self._refuse("EntryNotFound")
        folder = Path(self.server.folder, match["name"])
        if not folder.is_dir():
            return self._refuse("RepoNotFound")
        if match["revision"] not in (None, "main", COMMIT):
            return self._refuse("RevisionNotFound")
        if api:
            content = {"id": match["name"], "sha": COMMIT, "siblings": []}
            return self._send(json.dumps(content).encode())
        if not (folder / file["file"]).is_file():
            return self._refuse("EntryNotFound")
        return self._send((folder / file["file"]).read_bytes())

    def _send(self, content):
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hash(content)}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def _refuse(self, code):
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


@contextmanager
def serving(folder):
    """Serve ``folder/owner/model``; yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.folder = folder
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
