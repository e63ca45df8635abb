"""Synthetic motion corpora: plan, synthesis of each take, files written, files read."""
