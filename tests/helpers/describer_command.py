"""Arguments and output of builders.attributes with a fake model and hidden user settings."""

import os
from pathlib import Path

from pipelines.attribute_files import read_sentences
from tests.helpers.fake_language_model import FakeModel

CAPTIONS = ("wave a flag", "climb a ladder", "fall asleep")
KEY = "sk-a-secret-of-the-test-0123456789"


def isolated_captions(monkeypatch, folder: Path) -> Path:
    """Hide the user's server, cache and proxy settings, and write a file with `CAPTIONS`."""
    for name in [name for name in os.environ if name.startswith("OPENAI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    captions = folder / "captions.txt"
    captions.write_text("\n".join(CAPTIONS) + "\n")
    return captions


def arguments_for(captions, out, model: FakeModel, *more, variants: int = 1) -> list[str]:
    """Return arguments that use a fake model, with one request at a time and a short timeout."""
    settings = [
        "--model",
        "fake",
        "--base-url",
        model.url,
        "--variants",
        variants,
        "--concurrency",
        1,
    ]
    return [str(each) for each in (captions, "--out", out, *settings, "--timeout", 5, *more)]


def written_sentences(file) -> dict[tuple[str, int], dict[str, str]]:
    """Sentences of a file, keyed by caption and variant, ordered by body part."""
    found: dict = {}
    for each in read_sentences(file):
        found.setdefault((each.caption, each.variant), {})[each.part] = each.sentence
    return found
