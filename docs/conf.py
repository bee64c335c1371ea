# SPDX-License-Identifier: MIT
# Settings of the book. Sphinx 5 or later with the furo theme; warnings are errors (make docs).

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "capv6"
author = "The capv6 authors"
copyright = "2026, the capv6 authors; text CC BY 4.0, code MIT"

extensions = ["sphinx.ext.graphviz", "syscall_table", "labs"]
exclude_patterns = ["transcripts"]
templates_path: list[str] = []

html_theme = "furo"
html_title = "capv6: a small kernel of capabilities"
html_static_path: list[str] = []
graphviz_output_format = "svg"
highlight_language = "none"
