"""Settings of the documentation (``make docs``)."""

from importlib.metadata import version as installed

project = "sklearn_nn"
author = "The sklearn_nn developers"
copyright = "2026, The sklearn_nn developers"
version = release = installed("sklearn_nn")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc"]
exclude_patterns = ["_build", "whats_new/upcoming"]

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

# The inherited docstrings of scikit-learn refer to labels and terms of its own site.
suppress_warnings = ["ref.ref", "ref.term"]

numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "sklearn_nn"
html_theme_options = {"show_toc_level": 2, "secondary_sidebar_items": ["page-toc"]}
