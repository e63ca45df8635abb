"""Activities recognised from radar heatmaps and sentences, after mmCLIP (SenSys 2024).

It reads a store and nothing of the code that wrote it. Start reading at `model.py`; the commands
are `pretrain`, `finetune`, `evaluate` and `predict`.
"""
