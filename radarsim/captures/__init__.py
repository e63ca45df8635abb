"""Recorded frames: board files and packets to IF cubes and back."""
