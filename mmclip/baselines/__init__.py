"""Baselines that the paper compares with mmCLIP: Tent (zero-shot) and RF-Net (few-shot)."""
