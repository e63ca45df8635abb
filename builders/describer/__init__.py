"""Attribute sentences for captions, from a language model or from the bundled texts."""
