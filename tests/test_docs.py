"""The documentation hangs together, without building it (``make docs`` does that)."""

import ast
import fnmatch
import re
import runpy
import sys
import warnings
from pathlib import Path

import pytest

import sklearn_nn.inspection

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
EXAMPLES = sorted((DOCS / "examples").glob("*/*.py"))
MADE = ("_build", "api", "auto_examples")
PAGES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.md")
    if path.relative_to(DOCS).parts[0] not in MADE and "upcoming" not in path.parts
)
# Together they take few seconds.
QUICK = ("plot_checkerboard.py", "plot_training_curves.py")


def prose(path):
    """Return a page without its code."""
    text = re.sub(r"^(```+|~~~+).*?^\1", "", path.read_text(), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def anchors(path):
    """Return the anchors of a page's headings, as GitHub and MyST make them."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    found = []
    for line in re.findall(r"^#{1,3} (.*)$", text, flags=re.M):
        found.append(re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-"))
    included = re.search(r"^```\{include\} (\S+)", path.read_text(), flags=re.M)
    return found + (anchors(path.parent / included[1]) if included else [])


def source_of(target):
    """Return the file that a link leads to, or that its page is made from."""
    try:
        parts = target.relative_to(DOCS / "auto_examples").parts
    except ValueError:
        return target
    if parts[-1] == "index.rst":
        return DOCS.joinpath("examples", *parts[:-1], "GALLERY_HEADER.rst")
    return DOCS.joinpath("examples", *parts).with_suffix(".py")


def links(path):
    """Return the links of a page that stay within the repository."""
    found = re.findall(r"\]\(([^)\s]+)(?: [^)]*)?\)", prose(path))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", ["../README.md", "../CONTRIBUTING.md", *PAGES])
def test_links_arrive(page):
    path = DOCS / page
    for link in links(path):
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path.resolve()
        assert source_of(target).is_file(), f"{page} links to {link}: no such file"
        if anchor:
            assert anchor in anchors(target), f"{page} links to {link}: no such heading"


def test_links_are_found():
    assert "docs/user_guide/scenarios.md" in links(ROOT / "README.md")
    assert "how-to-add-an-estimator-in-60-lines" in anchors(DOCS / "contributing.md")
    gallery = source_of(DOCS / "auto_examples" / "index.rst")
    assert gallery == DOCS / "examples" / "GALLERY_HEADER.rst" and gallery.is_file()


def toctree_entries(page):
    """Return what the toctrees of a page name, from the root of the documentation."""
    blocks = re.findall(
        r"^```\{toctree\}\n(.*?)^```", (DOCS / page).read_text(), flags=re.M | re.S
    )
    lines = [line for block in blocks for line in block.splitlines()]
    names = [re.sub(r"^.*<(.*)>$", r"\1", line) for line in lines if line]
    folder = Path(page).parent
    return [(folder / name).as_posix() for name in names if not name.startswith(":")]


def test_every_page_is_in_one_toctree():
    entries = [entry for page in PAGES for entry in toctree_entries(page)]
    assert len(entries) == len(set(entries))
    made = {"auto_examples/index"}
    assert {f"{entry}.md" for entry in set(entries) - made} == {*PAGES} - {"index.md"}
    assert made < set(entries)


@pytest.fixture(scope="module")
def gallery():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", sys.path[:])
        patch.setenv("OMP_NUM_THREADS", "1")
        return runpy.run_path(str(DOCS / "conf.py"))["sphinx_gallery_conf"]


def test_every_example_is_in_the_gallery(gallery):
    folders = {DOCS / folder for folder in gallery["subsection_order"]}
    assert {path.parent for path in EXAMPLES} == folders
    for folder in {*folders, DOCS / gallery["examples_dirs"]}:
        assert (folder / "GALLERY_HEADER.rst").is_file(), folder
    for path in EXAMPLES:
        assert re.search(gallery["filename_pattern"], str(path)), path
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert f"docs/{gallery['gallery_dirs']}/" in ignored


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_examples_are_written_alike(path):
    text = path.read_text()
    title, line, empty, first, *_ = ast.get_docstring(ast.parse(text)).split("\n")
    assert set(line) == {"="} and len(line) == len(title)
    assert not empty and first
    assert "# %%\n# " in text
    assert not re.search(r"fetch_|https?:|savefig|\bopen\(", text)


@pytest.mark.parametrize(
    "name", fnmatch.filter(sklearn_nn.inspection.__all__, "*Display")
)
def test_every_display_is_in_the_gallery(name):
    drawn = [path for path in EXAMPLES if re.search(rf"{name}[.(]", path.read_text())]
    told = [path for path in drawn if f".{name}`" in path.read_text()]
    assert told, f"no example draws a {name} and says so"


@pytest.mark.parametrize("name", QUICK)
def test_quick_examples_run(name, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    (path,) = (path for path in EXAMPLES if path.name == name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runpy.run_path(str(path))
    import matplotlib.pyplot as plt

    assert plt.get_fignums()


def test_the_home_page_runs():
    (block,) = re.findall(
        r"^```python\n(.*?)^```", (DOCS / "index.md").read_text(), flags=re.M | re.S
    )
    namespace: dict = {}
    exec(compile(block, "index.md", "exec"), namespace)
    assert (namespace["scores"] > 0.9).all()
