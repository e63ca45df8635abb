"""Runs of the describer against a fake model, without anything of the user's."""

import os
from pathlib import Path

from pipelines.attribute_files import read_sentences
from tests.helpers.fake_language_model import FakeModel

CAPTIONS = ("wave a flag", "climb a ladder", "fall asleep")
KEY = "sk-a-secret-of-the-test-0123456789"


def prepared(monkeypatch, folder: Path) -> Path:
    """No server and no cache of the user's, loopback without a proxy; and a file of `CAPTIONS`."""
    for name in [name for name in os.environ if name.startswith("OPENAI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    captions = folder / "captions.txt"
    captions.write_text("\n".join(CAPTIONS) + "\n")
    return captions


def command(captions, out, model: FakeModel, *more, variants: int = 1) -> list[str]:
    """Arguments that ask a fake model, one request at a time and with little patience."""
    how = ["--model", "fake", "--base-url", model.url, "--variants", variants, "--concurrency", 1]
    return [str(each) for each in (captions, "--out", out, *how, "--timeout", 5, *more)]


def told(file) -> dict[tuple[str, int], dict[str, str]]:
    """Sentences by caption and variant, in the order of parts."""
    found: dict = {}
    for each in read_sentences(file):
        found.setdefault((each.caption, each.variant), {})[each.part] = each.sentence
    return found
