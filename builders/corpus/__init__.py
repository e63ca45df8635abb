"""Synthetic motion corpora: plan, synthesis of the takes, writer and reader of the files."""
