"""Captions to attribute sentences, by a language model or from what is known; see `run.py`."""
