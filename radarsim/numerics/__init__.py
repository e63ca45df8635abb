"""Numerical helpers that do not depend on radar."""
