"""Files that are missing, cut, corrupted or refused, from a real server."""

import gzip
import hashlib
import http.server
import os
import subprocess
import sys
import threading

import pytest

from sklearn_nn.datasets import get_data_home
from sklearn_nn.datasets._hashing import content_sha256
from sklearn_nn.datasets._home import RemoteFile, fetch_file

CONTENT = bytes(range(256)) * 2000


class Server(http.server.ThreadingHTTPServer):
    """Serves `content` at any path; the switches make it misbehave."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.cut_after = []  # for each request to come: bytes sent before the cut
        self.status = []  # for each request to come: an error to answer with
        self.ranges = True
        self.requests = []  # the Range header of each request

    def remote(self, path="set/file.bin", content=CONTENT):
        url = f"http://127.0.0.1:{self.server_port}/{path}"
        return RemoteFile(path, hashlib.sha256(content).hexdigest(), url)


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        server, asked = self.server, self.headers.get("Range")
        server.requests.append(asked)
        if server.status:
            self.send_error(server.status.pop(0))
            return
        total, start = len(server.content), 0
        if asked and server.ranges:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= total:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{total}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(total - start))
        self.end_headers()
        end = start + server.cut_after.pop(0) if server.cut_after else total
        self.wfile.write(server.content[start:end])
        self.close_connection = True


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def names(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_download_then_offline(server, tmp_path, capsys):
    file = server.remote()
    path = fetch_file(file, data_home=tmp_path)
    assert path == tmp_path / "set" / "file.bin"
    assert path.read_bytes() == CONTENT
    assert "file.bin" in capsys.readouterr().err  # the progress bar
    server.shutdown()
    assert fetch_file(file, data_home=tmp_path) == path
    assert server.requests == [None]
    assert names(tmp_path) == ["file.bin"]


def test_cut_connection_goes_on_in_the_next_call(server, tmp_path):
    file = server.remote()
    server.cut_after = [300_000]
    with pytest.raises(OSError, match="the connection was cut after 300000 of 512000"):
        fetch_file(file, data_home=tmp_path, n_retries=0)
    assert names(tmp_path) == ["file.bin.part"]
    path = fetch_file(file, data_home=tmp_path, n_retries=0)
    assert path.read_bytes() == CONTENT
    assert server.requests == [None, "bytes=300000-"]
    assert names(tmp_path) == ["file.bin"]


def test_cut_connection_goes_on_in_the_same_call(server, tmp_path):
    server.cut_after = [1, 0, 200_000]
    path = fetch_file(server.remote(), data_home=tmp_path, delay=0.01)
    assert path.read_bytes() == CONTENT
    assert server.requests == [None, "bytes=1-", "bytes=1-", "bytes=200001-"]


def test_server_without_ranges_begins_again(server, tmp_path):
    server.ranges = False
    server.cut_after = [1000]
    path = fetch_file(server.remote(), data_home=tmp_path, delay=0.01)
    assert path.read_bytes() == CONTENT
    assert server.requests == [None, "bytes=1000-"]


@pytest.mark.parametrize(
    "stale",
    [b"other bytes", CONTENT, CONTENT + b"more", CONTENT[:-1] + b"x"],
    ids=["wrong start", "complete", "too long", "complete but wrong"],
)
def test_stale_part_file_does_no_harm(server, tmp_path, stale):
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "file.bin.part").write_bytes(stale)
    path = fetch_file(server.remote(), data_home=tmp_path, delay=0.01)
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["file.bin"]


@pytest.mark.parametrize("corrupted", [CONTENT[:-1] + b"x", CONTENT[:-1], b""])
def test_corrupted_download_leaves_nothing(server, tmp_path, corrupted):
    server.content = corrupted
    with pytest.raises(ValueError) as error:
        fetch_file(server.remote(), data_home=tmp_path)
    message = str(error.value)
    assert "file.bin" in message and "was deleted: try again later" in message
    assert hashlib.sha256(CONTENT).hexdigest() in message
    assert hashlib.sha256(corrupted).hexdigest() in message
    assert names(tmp_path) == []
    server.content = CONTENT
    assert fetch_file(server.remote(), data_home=tmp_path).read_bytes() == CONTENT


def test_gzip_is_checked_by_what_it_holds(server, tmp_path):
    file = server.remote("set/file.gz")  # the hash of the content, not of the gzip
    server.content = gzip.compress(CONTENT, compresslevel=1)
    path = fetch_file(file, data_home=tmp_path / "a")
    server.content = gzip.compress(CONTENT, compresslevel=9)
    other = fetch_file(file, data_home=tmp_path / "b")
    assert path.read_bytes() != other.read_bytes()

    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match="found not a complete gzip file"):
        fetch_file(file, data_home=tmp_path / "a")
    server.content = b"<html>log in first</html>"
    with pytest.raises(ValueError, match="found not a complete gzip file"):
        fetch_file(file, data_home=tmp_path / "c")
    assert names(tmp_path / "c") == []


def test_corrupted_file_in_the_data_home(tmp_path):
    file = RemoteFile("set/file.bin", "0" * 64, "http://127.0.0.1:9/file.bin")
    path = file.in_home(tmp_path)
    path.parent.mkdir()
    path.write_bytes(b"wrong")
    with pytest.raises(ValueError) as error:
        fetch_file(file, data_home=tmp_path)
    message = str(error.value)
    for told in (path, "0" * 64, hashlib.sha256(b"wrong").hexdigest(), "Delete"):
        assert str(told) in message
    assert path.read_bytes() == b"wrong"  # the user's file: never deleted for them


def test_not_found_is_not_tried_again(server, tmp_path):
    server.status = [404]
    file = server.remote()
    with pytest.raises(OSError, match="404") as error:
        fetch_file(file, data_home=tmp_path)
    assert len(server.requests) == 1
    assert file.url in str(error.value)
    assert str(tmp_path / "set" / "file.bin") in str(error.value)
    assert names(tmp_path) == []


def test_overloaded_server_is_tried_again(server, tmp_path):
    server.status = [503, 429]
    path = fetch_file(server.remote(), data_home=tmp_path, delay=0.01)
    assert path.read_bytes() == CONTENT


def test_offline(tmp_path):
    # Port 9 of the loopback: nobody listens.
    file = RemoteFile("set/file.bin", "0" * 64, "http://127.0.0.1:9/file.bin")
    with pytest.raises(OSError, match="could not be downloaded") as error:
        fetch_file(file, data_home=tmp_path, n_retries=0)
    assert f"{file.url} by hand" in str(error.value)
    assert str(tmp_path / "set" / "file.bin") in str(error.value)


def test_download_if_missing_false(server, tmp_path):
    file = server.remote()
    with pytest.raises(OSError, match="download_if_missing=False") as error:
        fetch_file(file, data_home=tmp_path / "home", download_if_missing=False)
    assert file.url in str(error.value)
    assert str(tmp_path / "home" / "set" / "file.bin") in str(error.value)
    assert not (tmp_path / "home").exists()
    assert server.requests == []


def test_file_without_an_address(tmp_path):
    file = RemoteFile("set/file.bin", "0" * 64, None)
    with pytest.raises(OSError, match="no public address"):
        fetch_file(file, data_home=tmp_path)


def test_data_home_that_cannot_be_written(server, tmp_path):
    (tmp_path / "a_file").write_text("in the way")
    with pytest.raises(PermissionError, match="is not writable") as error:
        fetch_file(server.remote(), data_home=tmp_path / "a_file")
    assert "SKLEARN_NN_DATA" in str(error.value)
    assert server.requests == []


def test_read_only_data_home_is_enough(tmp_path):
    file = RemoteFile("set/file.bin", hashlib.sha256(CONTENT).hexdigest(), None)
    path = file.in_home(tmp_path)
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    for read_only, mode in ((path, 0o444), (path.parent, 0o555), (tmp_path, 0o555)):
        read_only.chmod(mode)
    try:
        assert fetch_file(file, data_home=tmp_path) == path
        assert names(tmp_path) == ["file.bin"]
    finally:
        tmp_path.chmod(0o755)
        path.parent.chmod(0o755)


def test_content_sha256_of_a_plain_file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    expected = hashlib.sha256(CONTENT).hexdigest()
    assert content_sha256(path, gzipped=False) == expected


def test_import_stays_light():
    """What only a download, a picture or a frame needs is not imported with us."""
    code = (
        "import sys, sklearn.utils; before = set(sys.modules); "
        "import sklearn_nn.datasets; print(*set(sys.modules) - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "sklearn_nn.datasets" in loaded
    heavy = {"torch", "spacy", "matplotlib", "pandas", "PIL", "pooch", "tqdm"}
    assert not loaded & heavy


class TestDataHome:
    def test_argument_wins(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SKLEARN_NN_DATA", "elsewhere")
        assert get_data_home(tmp_path / "x") == str(tmp_path / "x")
        assert not (tmp_path / "x").exists()

    def test_environment(self, tmp_path, monkeypatch):
        monkeypatch.setenv("SKLEARN_NN_DATA", str(tmp_path))
        assert get_data_home() == str(tmp_path)

    def test_user_cache(self, monkeypatch):
        monkeypatch.delenv("SKLEARN_NN_DATA", raising=False)
        assert "sklearn_nn" in get_data_home()

    def test_tilde_and_relative_paths(self, monkeypatch):
        assert get_data_home("~/x") == os.path.join(os.path.expanduser("~"), "x")
        assert os.path.isabs(get_data_home("x"))

    def test_wrong_type(self):
        with pytest.raises(ValueError, match="'data_home' parameter of get_data_home"):
            get_data_home(3)
