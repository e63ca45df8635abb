"""The echo of a surface: visibility, reflection models and absolute levels."""
