"""Moving bodies to the raw signal of a millimetre-wave FMCW radar."""
