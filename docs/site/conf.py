"""Sphinx: MyST, furo, autodoc of the public names. Read by Sphinx alone; `python -m docs.site` puts it beside the pages."""

from __future__ import annotations

import re
from typing import Any

import netsim

project = "netsim"
author = "the netsim authors"
project_copyright = "the netsim authors"
version = release = netsim.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["pictures/*.md"]
html_theme = "furo"
html_title = "netsim"
html_static_path = ["static"]
html_css_files = ["netsim.css"]
html_theme_options = {"navigation_with_keys": True}
html_copy_source = False
html_show_sphinx = False
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_default_options = {"exclude-members": "__init__"}
python_use_unqualified_type_names = True
add_module_names = False
default_role = "literal"
highlight_language = "none"
nitpicky = False
suppress_warnings = ["myst.header"]  # the figures of fidelity.md are written below a heading of their own level

TICKS = re.compile(r"(``?[^`]+``?)")


def plain(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are plain text with names between backticks: nothing else in them is markup."""
    for number, line in enumerate(lines):
        parts = TICKS.split(line)
        lines[number] = "".join(f"``{part.strip('`')}``" if part.startswith("`") else re.sub(r"([*|_\\])", r"\\\1", part) for part in parts)


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("autodoc-process-docstring", plain)
