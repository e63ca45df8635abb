"""Parsers of TI configuration files: SDK .cfg, mmWave Studio JSON and logs."""
