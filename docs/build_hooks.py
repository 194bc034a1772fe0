"""What the documentation needs beyond Sphinx's settings."""

import re
import warnings
from pathlib import Path

from docutils import nodes
from sphinx.addnodes import pending_xref

BEFORE: list[tuple] = []


def reset(gallery_conf: dict, name: str, when: str) -> None:
    """Run each example of the gallery with warnings as errors, on one thread."""
    import torch

    if when == "before":
        torch.set_num_threads(1)
        BEFORE[:] = warnings.filters
        warnings.simplefilter("error")
    else:
        warnings.filters[:] = BEFORE


def mend(app, what, name, obj, options, lines: list[str]) -> None:
    """Keep names that end in ``_``, and citations of the class, from being links."""
    cited = what == "method" and "References" not in lines
    for i, line in enumerate(lines):
        if re.match(r"\w+ : ", line):
            lines[i] = line = re.sub(r"(\w)_(?=[,)])", r"\1\\_", line)
        if cited:
            lines[i] = re.sub(r"(\[\d+\])_", r"\1", line)


def add_examples(app, what, name, obj, options, lines: list[str]) -> None:
    """Show the examples of the gallery that use a class or function below its text."""
    folder = app.config.sphinx_gallery_conf["backreferences_dir"]
    # What no example uses has an empty file.
    used = Path(app.srcdir, folder, f"{name}.examples")
    if used.is_file() and used.stat().st_size:
        lines += ["", ".. rubric:: In the gallery", "", f".. minigallery:: {name}", ""]


def link_names(app, doctree) -> None:
    """Make names of what has a page in the API links, wherever they are code."""
    pages = {path.stem for path in Path(app.srcdir, "api").glob("*.rst")}
    here = app.env.docname
    known = {name.rpartition(".")[2]: name for name in sorted(pages)}
    for node in list(doctree.findall(nodes.literal)):
        name = known.get(node.astext())
        # Short ones, such as "load" or "Linear", mean other things, too.
        if not name or not re.search(r"[a-z]_|[a-z][A-Z]|^[A-Z].{6}", node.astext()):
            continue
        inside = (nodes.reference, nodes.title, pending_xref)
        if here == f"api/{name}" or isinstance(node.parent, inside):
            continue
        link = pending_xref(
            refdomain="py", reftype="obj", reftarget=name, refdoc=here, refwarn=True
        )
        node.replace_self(link)
        link += node


def keep_together(app, doctree) -> None:
    """Keep figures in tables on one line with their uncertainty."""
    for entry in doctree.findall(nodes.entry):
        for text in list(entry.findall(nodes.Text)):
            if " ± " in text:
                text.parent.replace(text, nodes.Text(text.replace(" ± ", "\xa0±\xa0")))


def setup(app) -> dict:
    """Connect what is above to Sphinx."""
    app.connect("doctree-read", link_names)
    app.connect("doctree-read", keep_together)
    # numpydoc parses the docstring at the default priority, 500.
    app.connect("autodoc-process-docstring", mend, priority=100)
    app.connect("autodoc-process-docstring", add_examples, priority=900)
    return {"parallel_read_safe": True}
