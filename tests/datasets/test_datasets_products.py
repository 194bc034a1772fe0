"""Folders of products: what is read, what is extracted, what is refused."""

import gzip
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sklearn_nn.datasets import _products, fetch_products

HEADER = "product_name,description,category,image,brand\n"
TABLE = (
    HEADER
    + 'Clock,"Ticks, and\nstrikes",home,a.png,x\n'
    + "Towel,,bath,b.png,x\nSöap,Smells,bath,c.png,x\n"
)


class Shop:
    """A folder of products with three images, in a data home of its own."""

    def __init__(self, tmp_path):
        self.home = tmp_path / "home"
        self.folder = self.home / "shop"
        self.cache = tmp_path / "cache"
        self.draw(["red", "green", "blue"])
        self.write(TABLE)

    def draw(self, colours):
        (self.folder / "images").mkdir(parents=True)
        for name, colour in zip("abc", colours):
            picture = Image.new("RGB", (4, 3), colour)
            picture.save(self.folder / "images" / f"{name}.png")

    def write(self, text):
        (self.folder / "products.csv").write_text(text, encoding="utf-8")

    def zip(self, prefix="images/", **more):
        """Pack the images, and further members, and take the folder away."""
        with zipfile.ZipFile(self.folder / "images.zip", "w") as archive:
            for path in sorted((self.folder / "images").iterdir()):
                archive.write(path, prefix + path.name)
            for name, content in more.items():
                archive.writestr(name, content)
        shutil.rmtree(self.folder / "images")

    def fetch(self, **options):
        options = {"image_cache": self.cache, **options}
        return fetch_products(folder="shop", data_home=self.home, **options)

    def extracted(self):
        """Return the folders in the cache; lock files are none."""
        return sorted(p.name for p in self.cache.glob("*") if p.is_dir())


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def colours_of(products):
    colours = []
    for path in products.data["image"]:
        with Image.open(path) as opened:
            colours.append(opened.getpixel((0, 0)))
    return colours


COLOURS = [(255, 0, 0), (0, 128, 0), (0, 0, 255)]


def test_folder_of_images(shop):
    products = shop.fetch()
    columns = ["product_name", "description", "image"]
    assert list(products.data) == products.feature_names == columns
    assert products.data["product_name"].tolist() == ["Clock", "Towel", "Söap"]
    assert products.data["description"][:2].tolist() == ["Ticks, and\nstrikes", ""]
    assert all(column.dtype == object for column in products.data.values())
    assert products.target_names == ["bath", "home"]
    assert products.target.tolist() == [1, 0, 0] and products.target.dtype == np.int64
    assert products.frame is None and products.rows_without_image.tolist() == []
    assert products.source == "shop/products.csv (3 rows)"
    assert products.source in products.DESCR and "- bath: 2\n" in products.DESCR
    assert "Flipkart" not in products.DESCR
    assert colours_of(products) == COLOURS
    assert os.path.isabs(products.data["image"][0]) and not shop.cache.exists()


@pytest.mark.parametrize("prefix", ["images/", ""], ids=["with folder", "without"])
def test_archive_of_images(shop, prefix):
    shop.zip(prefix)
    products = shop.fetch()
    assert colours_of(products) == COLOURS
    assert products.data["image"][0].startswith(str(shop.cache))
    (name,) = shop.extracted()
    assert name.startswith("shop-")
    assert sorted(os.listdir(shop.folder)) == ["images.zip", "products.csv"]


def test_archive_is_extracted_once(shop, monkeypatch):
    shop.zip()
    first = shop.fetch().data["image"].tolist()
    monkeypatch.setattr(zipfile.ZipFile, "open", None)
    assert shop.fetch().data["image"].tolist() == first


def test_another_archive_gets_another_folder(shop):
    shop.zip()
    first = shop.fetch()
    shop.draw(["black"] * 3)
    shop.zip()
    assert colours_of(shop.fetch()) == [(0, 0, 0)] * 3
    assert colours_of(first) == COLOURS
    assert len(shop.extracted()) == 2


def test_default_cache_is_the_users(shop, tmp_path, monkeypatch):
    import pooch

    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "user" / name)
    shop.zip()
    path = Path(shop.fetch(image_cache=None).data["image"][0])
    assert path.is_relative_to(tmp_path / "user" / "sklearn_nn" / "products")


def test_damaged_extraction_is_made_again(shop):
    shop.zip()
    for damage in (Path.unlink, lambda path: path.write_bytes(b"half")):
        damage(Path(shop.fetch().data["image"][1]))
        assert colours_of(shop.fetch()) == COLOURS


def test_interrupted_extraction_is_never_taken_for_whole(shop, monkeypatch):
    shop.zip()
    copy = shutil.copyfileobj
    calls = []

    def failing(source, target):
        copy(source, target)
        calls.append(target.name)
        if len(calls) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "copyfileobj", failing)
    with pytest.raises(KeyboardInterrupt):
        shop.fetch()
    assert shop.extracted() == []
    monkeypatch.undo()
    assert colours_of(shop.fetch()) == COLOURS


def test_what_a_killed_process_left_is_removed(shop):
    shop.zip()
    shop.fetch()
    (name,) = shop.extracted()
    # As if the kill had come before the last rename.
    part = shop.cache / f"{name}.part"
    (shop.cache / name).rename(part)
    (part / "images" / "a.png").unlink()
    (part / "images" / "b.png").write_bytes(b"half")
    assert colours_of(shop.fetch()) == COLOURS
    assert shop.extracted() == [name]


AT_ONCE = """
import shutil, sys, time
from sklearn_nn.datasets import fetch_products

def counted(*files, copy=shutil.copyfileobj):
    print("copied")
    time.sleep(0.2)
    copy(*files)

shutil.copyfileobj = counted
print("ready", flush=True)
sys.stdin.readline()
fetch_products(folder=sys.argv[1], image_cache=sys.argv[2])
"""


def test_two_processes_at_once(shop):
    shop.zip()
    command = [sys.executable, "-c", AT_ONCE, shop.folder, shop.cache]
    pipes = {name: subprocess.PIPE for name in ("stdin", "stdout", "stderr")}
    workers = [subprocess.Popen(command, text=True, **pipes) for _ in range(2)]
    assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * 2
    for worker in workers:
        worker.stdin.write("\n")
        worker.stdin.flush()
    told = [worker.communicate(timeout=60) for worker in workers]
    # One extracts, the other waits for it.
    assert sorted(told) == [("", ""), ("copied\n" * 3, "")]
    assert colours_of(shop.fetch()) == COLOURS


@pytest.mark.parametrize(
    "name",
    ["../evil.png", "/evil.png", "images/../../evil.png", "..\\evil.png", "C:evil.png"],
)
def test_archive_that_leads_out_is_refused(shop, name, tmp_path):
    shop.zip(**{name: b"evil"})
    with pytest.raises(ValueError, match="leads out of the folder") as error:
        shop.fetch()
    assert repr(name) in str(error.value) and "images.zip" in str(error.value)
    assert not shop.cache.exists()
    assert list(tmp_path.rglob("*evil*")) == []


def test_link_in_an_archive_becomes_a_plain_file(shop):
    link = zipfile.ZipInfo("images/link.png")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    shop.zip()
    with zipfile.ZipFile(shop.folder / "images.zip", "a") as archive:
        archive.writestr(link, "/etc/hostname")
    folder = Path(shop.fetch().data["image"][0]).parent
    assert not (folder / "link.png").is_symlink()
    assert (folder / "link.png").read_text() == "/etc/hostname"


@pytest.mark.parametrize("limit", ["_MAX_BYTES", "_MAX_FILES"])
def test_archive_that_is_too_large(shop, limit, monkeypatch):
    shop.zip()
    monkeypatch.setattr(_products, limit, 2)
    with pytest.raises(ValueError, match="was not extracted: .* in 3 files") as error:
        shop.fetch()
    assert f"by hand into {shop.folder / 'images'}" in str(error.value)
    assert not shop.cache.exists()


def test_archive_that_says_less_than_it_holds(shop):
    """A bomb with an innocent directory is cut at the size that was announced."""
    shop.zip(**{"bomb.png": b"0" * 100_000})
    path = shop.folder / "images.zip"
    content = path.read_bytes()
    # The last one is the uncompressed size in the directory.
    before, _, behind = content.rpartition((100_000).to_bytes(4, "little"))
    path.write_bytes(before + (10).to_bytes(4, "little") + behind)
    with pytest.raises(ValueError, match="truncated or corrupted"):
        shop.fetch()
    assert shop.extracted() == []


@pytest.mark.parametrize("n_bytes", [0, 100, -10])
def test_truncated_archive(shop, n_bytes):
    shop.zip()
    path = shop.folder / "images.zip"
    path.write_bytes(path.read_bytes()[:n_bytes])
    with pytest.raises(ValueError, match="images.zip is truncated or corrupted"):
        shop.fetch()
    assert shop.extracted() == []


def test_cache_that_cannot_be_written(shop):
    shop.zip()
    shop.cache.write_text("in the way")
    with pytest.raises(OSError, match="Choose another folder") as error:
        shop.fetch()
    assert str(shop.cache) in str(error.value) and "image_cache" in str(error.value)


def test_rows_without_an_image(shop):
    shop.write(TABLE.replace("b.png", "").replace("c.png", "d.png"))
    with pytest.raises(FileNotFoundError, match=r"2 rows \(1, 2\)") as error:
        shop.fetch()
    assert "missing_images='ignore'" in str(error.value)
    products = shop.fetch(missing_images="ignore")
    assert products.rows_without_image.tolist() == [1, 2]
    assert products.data["image"][1:].tolist() == [None, None]
    frame = shop.fetch(missing_images="ignore", as_frame=True).frame
    assert frame["image"].isna().tolist() == [False, True, True]
    shop.write(HEADER + "a,b,c,gone.png,x\n" * 9)
    message = r"9 rows \(0, 1, 2, 3, 4, \.\.\.\) .* row 0 names 'gone.png'"
    with pytest.raises(FileNotFoundError, match=message):
        shop.fetch()


@pytest.mark.parametrize("name", ["../products.csv", "/etc/hostname", "..\\a.png"])
def test_row_whose_image_leads_out(shop, name):
    shop.write(TABLE.replace("b.png", name))
    with pytest.raises(ValueError, match="row 1 names the image"):
        shop.fetch(missing_images="ignore")


def test_empty_archive(shop):
    shutil.rmtree(shop.folder / "images")
    zipfile.ZipFile(shop.folder / "images.zip", "w").close()
    with pytest.raises(FileNotFoundError, match=r"3 rows \(0, 1, 2\) without an image"):
        shop.fetch()


def test_images_can_be_left_alone(shop):
    shutil.rmtree(shop.folder / "images")
    with pytest.raises(FileNotFoundError, match="neither a folder images nor"):
        shop.fetch()
    shop.write("category,description,product_name\nc,b,a\n")
    products = shop.fetch(images=False)
    assert products.feature_names == ["product_name", "description"]
    assert products.data == {"product_name": ["a"], "description": ["b"]}


def test_pandas(shop):
    products = shop.fetch(as_frame=True)
    columns = ["product_name", "description", "image"]
    assert list(products.frame.columns) == [*columns, "target"]
    assert isinstance(products.data, pd.DataFrame)
    assert list(products.data.columns) == columns
    assert products.frame["target"].tolist() == [1, 0, 0]
    X, y = shop.fetch(as_frame=True, return_X_y=True)
    pd.testing.assert_frame_equal(X, products.data)
    pd.testing.assert_series_equal(y, products.target)
    X, y = shop.fetch(return_X_y=True)
    assert list(X) == columns and y.tolist() == [1, 0, 0]


def test_compressed_table_and_absolute_folder(shop, monkeypatch):
    table = shop.folder / "products.csv"
    with gzip.open(f"{table}.gz", "wb") as file:
        file.write(("\ufeff" + TABLE).encode())  # as Excel saves it
    table.unlink()
    monkeypatch.setenv("SKLEARN_NN_DATA", str(shop.home / "elsewhere"))
    products = fetch_products(folder=shop.folder)
    assert products.source == "shop/products.csv.gz (3 rows)"
    assert colours_of(products) == COLOURS
    os.truncate(f"{table}.gz", 100)
    with pytest.raises(ValueError, match="products.csv.gz is truncated or corrupted"):
        fetch_products(folder=shop.folder)


def test_missing_folder_says_what_belongs_where(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        fetch_products(data_home=tmp_path)
    folder = tmp_path / "flipkart_1050"
    cannot = "cannot be downloaded"
    for told in (cannot, "products.csv.gz", "category", folder / "images.zip"):
        assert str(told) in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "lacks the columns product_name, .* it has none"),
        ("product_name,category\na,b\n", "lacks the columns description, image"),
        (HEADER, "has a first line only"),
        (TABLE + "too,few\n", "row 3, which ends in line 6"),
        (TABLE + "1,2,3,a.png,5,6\n", "row 3, which ends in line 6"),
        (TABLE + "a,b, ,a.png,x\n", r"1 rows \(3\) without a category"),
        (TABLE + 'a,"b"c,d,a.png,x\n', "is no CSV behind row 2"),
        (TABLE + f"a,{'b' * 140_000},d,a.png,x\n", "field larger than field limit"),
    ],
    ids=["empty", "column", "header", "few", "many", "category", "quotes", "long"],
)
def test_wrong_table(shop, text, message):
    shop.write(text)
    with pytest.raises(ValueError, match=message) as error:
        shop.fetch()
    assert "products.csv" in str(error.value)


def test_table_of_another_encoding(shop):
    (shop.folder / "products.csv").write_bytes(TABLE.encode("latin-1"))
    with pytest.raises(ValueError, match="is not UTF-8 .* Save it as UTF-8"):
        shop.fetch()


WRONG = {"folder": None, "data_home": 1, "images": "yes", "image_cache": 3}
WRONG |= {"missing_images": "drop", "return_X_y": 2, "as_frame": "yes"}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_parameter(name):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of fetch_products"):
        fetch_products(**{name: WRONG[name]})


def test_flipkart(data_home, tmp_path):
    if not (data_home / "flipkart_1050").is_dir():
        pytest.skip(f"real data: flipkart_1050 is not in {data_home}")
    products = fetch_products(data_home=data_home, image_cache=tmp_path)
    assert products.source == "flipkart_1050/products.csv.gz (1,047 rows)"
    assert "marketplace Flipkart" in products.DESCR
    assert len(products.target_names) == 7
    assert np.bincount(products.target).tolist() == [149, 150, 150, 150, 148, 150, 150]
    assert products.data["product_name"][1] == "Sathiyas Cotton Bath Towel"
    assert all(products.data["description"])
    assert len(set(products.data["image"])) == 1047
    for path in products.data["image"][::100]:
        with Image.open(path) as opened:
            assert opened.format == "JPEG" and max(opened.size) <= 224
    frame = fetch_products(data_home=data_home, images=False, as_frame=True).frame
    assert frame.shape == (1047, 3)
