"""Settings of the documentation (``make docs``)."""

import os
import sys
from importlib.metadata import version as installed
from pathlib import Path

# Before NumPy is loaded: several threads on a busy machine are slower than one.
os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parent))

project = "sklearn_nn"
author = "The sklearn_nn developers"
copyright = "2026, The sklearn_nn developers"
version = release = installed("sklearn_nn")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "build_hooks",
]
exclude_patterns = ["_build", "_templates", "examples", "whats_new/upcoming"]
templates_path = ["_templates"]
toc_object_entries_show_parents = "hide"

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

# Links to what is ours must arrive. Those to other packages have no inventory here, as
# the build needs no network.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(?!sklearn_nn).*"),
    # What stands behind a public class has no page.
    (r"py:class", r"sklearn_nn\._.*"),
    # A dictionary that has no page.
    (r"py:data", r"sklearn_nn\.modules\.mlp\.ACTIVATIONS"),
]
# The inherited docstrings of scikit-learn refer to labels and terms of its own site.
suppress_warnings = ["ref.ref", "ref.term"]

default_role = "literal"
# The docstrings tell the types.
autodoc_typehints = "none"
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "subsection_order": [
        "examples/first_steps",
        "examples/training",
        "examples/networks",
        "examples/scenarios",
        "examples/fusion",
        "examples/explanations",
    ],
    "within_subsection_order": "ExampleTitleSortKey",
    "abort_on_example_error": True,
    "reset_modules": ("matplotlib", "build_hooks.reset"),
    "reset_modules_order": "both",
    # Tables are shown; what else an example returns has an address in its repr.
    "capture_repr": ("_repr_html_",),
    "doc_module": ("sklearn_nn",),
    "backreferences_dir": "api/backreferences",
    "download_all_examples": False,
    "show_signature": False,
    "min_reported_time": 1,
    "image_srcset": ["2x"],
}

html_theme = "pydata_sphinx_theme"
html_title = "sklearn_nn"
html_static_path = ["_static"]
html_css_files = ["sklearn_nn.css"]
html_show_sourcelink = False
# Pages without pages below them have nothing to show there.
html_sidebars = dict.fromkeys(
    ["index", "architecture", "contributing", "whats_new/*"], []
)
html_theme_options = {
    "header_links_before_dropdown": 3,
    "show_toc_level": 2,
    "navigation_depth": 2,
    "secondary_sidebar_items": ["page-toc", "sg_download_links"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
