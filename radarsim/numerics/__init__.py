"""Numerical helpers without any radar in them."""
