"""From command-line options to a finished store."""
