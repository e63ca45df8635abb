"""Zero-shot activity recognition from radar heatmaps and text, after mmCLIP (SenSys 2024).

The package reads finished stores and imports none of the code that writes them. The network is
in `model.py`. The commands are `python -m mmclip.pretrain`, `.finetune`, `.evaluate`, `.predict`
and `.model` (parameter counts).
"""
