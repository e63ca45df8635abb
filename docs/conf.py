"""Sphinx configuration; `python3 make.py docs` builds the documentation in the folder site."""

import sys
from pathlib import Path

from radarsim import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "radarsim"
release = __version__
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
exclude_patterns = ["*.py"]
html_theme = "furo"
html_title = "radarsim"
smartquotes_action = "qe"  # quotes and ellipses; dashes would change the options in help texts

# Pages are Markdown; tutorials are Python files that are executed as notebooks.
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
nb_custom_formats = {".py": ["jupytext.reads", {"fmt": "py:percent"}]}
nb_execution_mode = "force"  # execute the tutorials in every build
nb_execution_timeout = 900
nb_execution_raise_on_error = True
nb_merge_streams = True
# If the tutorials are not run (`-D nb_execution_mode=off`), the language of the cells is unknown.
suppress_warnings = ["myst-nb.lexer"]
nb_output_stderr = "remove"  # progress messages on slow machines

# Docstrings follow Google style; names in single backticks are code.
default_role = "code"
napoleon_numpy_docstring = False
napoleon_custom_sections = ["Source", "Sources"]
autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_attr_annotations = False


def setup(app):
    """Fill in the option tables, and convert docstrings before napoleon reads their sections."""
    app.connect("source-read", _fill_in_tables)
    app.connect("autodoc-process-docstring", _to_rest, priority=400)


def _fill_in_tables(app, page, source):
    from option_tables import with_tables

    source[0] = with_tables(source[0])


def _to_rest(app, what, name, obj, options, lines):
    lines[:] = _with_literal_blocks([_escaped(line) for line in lines])


def _escaped(line):
    """Escape markup characters outside code: * in shapes and products, | in magnitudes."""
    parts = line.split("`")
    parts[::2] = [part.replace("*", r"\*").replace("|", r"\|") for part in parts[::2]]
    return "`".join(parts)


def _with_literal_blocks(lines):
    """Mark indented formulas and examples after an empty line as literal blocks."""
    found, indent, literal = [], 0, False
    for number, line in enumerate(lines):
        own = len(line) - len(line.lstrip())
        if line.strip():
            starts = number > 0 and not lines[number - 1].strip() and own > indent
            if starts and not literal:
                found += [f"{' ' * indent}::", ""]
            literal = (literal and own > indent) or starts
            indent = indent if literal else own
        found.append(line.replace("\\", "") if literal else line)
    return found
