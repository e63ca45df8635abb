"""Readers of published motion, body-model and mesh formats: AMASS, BVH, SMPL, mesh sequences."""
