"""Files and arrays to pixels: every form of picture, and what is said of bad ones."""

import hashlib
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from timm.data import create_transform

from sklearn_nn._pictures import Picture, check_images
from sklearn_nn._pretrained.pictures import Framing, content_of, read_picture
from tests.pretrained.pictures import noise, save, smooth

AS_IT_IS = Framing(20, 24)


def pixels(source, framing=AS_IT_IS):
    return np.asarray(read_picture(Picture(0, source), framing))


@pytest.mark.parametrize("squash", [False, True])
@pytest.mark.parametrize("crop", [1.0, 0.875])
@pytest.mark.parametrize("shape", [(64, 64), (100, 60), (50, 90), (33, 47)])
def test_framing_is_that_of_timm(shape, crop, squash):
    image = Image.fromarray(smooth(*shape))
    theirs = create_transform(
        32,
        interpolation="bicubic",
        crop_pct=crop,
        crop_mode="squash" if squash else "center",
        normalize=False,
    )(image)
    ours = pixels(image, Framing(32, 32, "bicubic", crop, squash))
    # They round the size before they cut: half a pixel.
    difference = np.abs(ours - theirs.numpy().transpose(1, 2, 0).astype(float))
    assert difference.mean() < 3


def test_the_middle_is_kept():
    striped = np.zeros((10, 30, 3), np.uint8)
    striped[:, 10:20] = 255
    assert pixels(striped, Framing(10, 10)).min() > 250
    assert pixels(striped, Framing(10, 10, squash=True)).min() == 0


def test_every_form_of_a_picture_is_the_same(tmp_path):
    array = noise(20, 24, 3)
    expected = pixels(array)
    np.testing.assert_array_equal(expected, array)
    for suffix in ("png", "bmp", "tiff", "ppm", "gif", "webp"):
        options = {"lossless": True} if suffix == "webp" else {}
        image = Image.fromarray(array)
        if suffix == "gif":
            image = image.quantize()
            expected = np.asarray(image.convert("RGB"))
        path = save(tmp_path / f"a.{suffix}", image, **options)
        np.testing.assert_array_equal(pixels(path), expected)
        expected = array


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "I", "RGBA", "CMYK"])
def test_grey_and_transparent_files(tmp_path, mode):
    grey = np.repeat(np.arange(20, dtype=np.uint8)[:, None] * 12, 24, axis=1)
    expected = np.repeat(grey[:, :, None], 3, axis=2)
    if mode == "1":
        expected = (expected > 127).astype(np.uint8) * 255
        image = Image.fromarray(expected[:, :, 0]).convert("1")
    elif mode == "I;16":
        image = Image.fromarray(grey.astype(np.uint16) * 257)
    elif mode == "I":
        image = Image.fromarray(grey.astype(np.int32) * 257)
    elif mode == "P":
        image = Image.fromarray(grey).quantize(32)
    else:
        image = Image.fromarray(grey).convert("RGB").convert(mode)
    suffix = "tiff" if mode in ("CMYK", "I") else "png"
    found = pixels(save(tmp_path / f"a.{suffix}", image))
    assert np.abs(found.astype(int) - expected).max() <= 3
    np.testing.assert_array_equal(pixels(image), found)


def test_what_is_transparent_is_white():
    clear = np.zeros((20, 24, 4), np.uint8)
    assert (pixels(clear) == 255).all()
    clear[..., 3] = 255
    assert (pixels(clear) == 0).all()


def test_a_photograph_is_turned_as_its_camera_was(tmp_path):
    upright = smooth(40, 24)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(upright).rotate(90, expand=True)
    path = save(tmp_path / "a.jpg", turned, exif=exif, quality=95, subsampling=0)
    found = pixels(path, Framing(40, 24)).astype(int)
    assert np.abs(found - upright).mean() < 3


def test_images_of_pil_are_turned_like_files(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "a.png", noise(24, 40, 3), exif=exif)
    with Image.open(path) as opened:
        np.testing.assert_array_equal(pixels(opened), pixels(path))
        assert content_of(Picture(0, opened)) != content_of(noise(24, 40, 3))


def test_a_large_jpeg_is_decoded_smaller(tmp_path):
    large = smooth(1600, 2400)
    path = save(tmp_path / "a.jpg", large, quality=95, subsampling=0)
    whole = pixels(np.asarray(Image.open(path)), Framing(32, 32))
    tracemalloc.start()
    found = pixels(path, Framing(32, 32))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.abs(found.astype(int) - whole).max() <= 4
    assert peak < large.nbytes / 4


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (2, 3)])
def test_tiny_and_oblong_pictures(shape):
    found = pixels(np.full((*shape, 3), 77, np.uint8), Framing(224, 224, crop=0.875))
    assert found.shape == (224, 224, 3)
    assert (found == 77).all()


def bad_files(folder):
    png = Path(save(folder / "good.png", noise(64, 64, 3))).read_bytes()
    jpeg = Path(save(folder / "good.jpg", noise(64, 64, 3))).read_bytes()
    yield "text", b"no picture at all"
    yield "empty", b""
    yield "truncated png", png[: len(png) // 2]
    yield "truncated jpeg", jpeg[: len(jpeg) // 2]
    yield "damaged png", png[:60] + bytes(40) + png[100:]
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\nshowpage\n"
    yield "floats", None


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, 5, 6])
def test_a_bad_file_is_named_with_its_row(tmp_path, kind):
    name, content = list(bad_files(tmp_path))[kind]
    path = tmp_path / f"{name}.tiff"
    if content is None:
        save(path, np.ones((5, 5), np.float32))
    else:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=r"Row 7 of X cannot be read as an") as caught:
        read_picture(Picture(7, str(path)), AS_IT_IS)
    assert path.name in str(caught.value)
    assert "Repair it or leave the row out" in str(caught.value)


def test_too_many_pixels_are_refused(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", noise(64, 64, 3))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(ValueError, match="Row 0 of X .* exceeds limit"):
        pixels(path)


def test_contents_tell_pictures_apart(tmp_path):
    array = noise(4, 6, 3)
    indexed = Image.fromarray(array).quantize(4)
    other = indexed.copy()
    other.putpalette([255 - value for value in indexed.getpalette()])
    sources = [
        array,
        array.reshape(6, 4, 3),
        array[::-1],
        noise(4, 6),
        save(tmp_path / "a.png", array),
        save(tmp_path / "b.png", array[::-1]),
        indexed,
        other,
    ]
    assert len({content_of(Picture(0, source)) for source in sources}) == len(sources)
    assert content_of(array) == content_of(Picture(3, Image.fromarray(array)))


def test_a_file_is_read_once_for_its_name_until_it_changes(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", noise(4, 6, 3))
    before = content_of(Picture(0, path))
    monkeypatch.setattr(hashlib, "file_digest", None)
    assert content_of(Picture(5, path)) == before
    monkeypatch.undo()
    save(tmp_path / "a.png", noise(4, 6, 3, seed=1))
    os.utime(path, ns=(1, 1))
    assert content_of(Picture(0, path)) != before


def test_grey_of_four_bytes_is_eight_or_sixteen_bits():
    grey = noise(20, 24)
    for values in (grey.astype(np.int32), grey.astype(np.int32) * 257):
        found = pixels(Image.fromarray(values))
        np.testing.assert_array_equal(found[..., 0], grey)


def test_images_that_are_open_only_are_read_at_once(tmp_path):
    path = save(tmp_path / "a.png", noise(20, 24, 3))
    with Image.open(path) as opened:
        images = check_images([opened])
    assert images[0].source.load()
    (tmp_path / "a.png").write_bytes(Path(path).read_bytes()[:200])
    with (
        Image.open(path) as opened,
        pytest.raises(ValueError, match="row 0 of X, an image of PIL"),
    ):
        check_images([opened])


def test_checked_arrays_are_not_copied():
    for shape in ((3, 4, 5), (3, 4, 5, 1), (3, 4, 5, 3), (3, 4, 5, 4)):
        X = noise(*shape)
        assert check_images(X) is X


def test_rows_keep_their_numbers(tmp_path):
    path = tmp_path / "a.png"
    save(path, noise(4, 5, 3))
    images = check_images([str(path), path, noise(2, 3), Image.new("L", (2, 2))])
    assert [picture.row for picture in images] == [0, 1, 2, 3]
    assert [picture.row for picture in images[np.array([2, 0])]] == [2, 0]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("a.png", "got a single str. Wrap one image in a list"),
        (np.zeros((2, 3, 5)), r"uint8, from 0 to 255; X has the dtype float64"),
        (np.zeros((2, 3, 5), int), "dtype int64"),
        (np.zeros((2, 64)), r"shape \(2, 64\). Flattened images come back"),
        (np.zeros((2, 3, 8, 8), np.uint8), "channels come first, np.moveaxis"),
        (np.zeros((8, 8, 3), np.uint8), r"one image in colours. Wrap one image"),
        (np.zeros((2, 8, 8, 2), np.uint8), r"X has the shape \(2, 8, 8, 2\)"),
        (np.zeros((0, 8, 8), np.uint8), "at least one image"),
        ([], "at least one image"),
        (["/no/such.png"], "row 0 of X: there is no file '/no/such.png'"),
        ([noise(2, 2), None], "row 1 is missing .None.. Leave such rows out"),
        ([noise(2, 2), float("nan")], "row 1 is missing"),
        ([noise(2, 2), np.zeros((2, 2))], "row 1 of X has the dtype float64"),
        ([noise(2, 2), noise(2, 2, 5)], r"row 1 of X has the shape \(2, 2, 5\)"),
    ],
    ids=[
        "single path",
        "floats",
        "integers",
        "matrix",
        "channels first",
        "single array",
        "two channels",
        "empty array",
        "empty list",
        "no file",
        "None",
        "nan",
        "a row of floats",
        "five channels",
    ],
)
def test_what_is_no_image_is_refused(X, message):
    with pytest.raises(ValueError, match=f"A.*{message}"):
        check_images(X, caller="A")


@pytest.mark.parametrize("row", [3, b"bytes", ["a", "list"]], ids=repr)
def test_a_row_of_another_type_is_refused(row):
    with pytest.raises(TypeError, match="image a row; row 1 is of type"):
        check_images([noise(2, 2), row])
