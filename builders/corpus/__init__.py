"""Synthetic motion corpora: their plan, files and texts."""
