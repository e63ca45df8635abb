"""Command-line tools that build, check, draw and export radar datasets."""
