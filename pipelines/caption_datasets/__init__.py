"""Readers of BABEL, HumanML3D and KIT-ML: captions of AMASS motions."""
