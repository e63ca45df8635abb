"""One question per script: how fast, how exact, against what."""
