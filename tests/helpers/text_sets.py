"""Functions that write small caption datasets in the published formats."""

import json

INDEX_HEAD = "source_path,start_frame,end_frame,new_name"


def label(text, start_s=None, end_s=None, **more):
    """Return a BABEL frame label, or a sequence label if no times are given."""
    times = {} if start_s is None else {"start_t": start_s, "end_t": end_s}
    return {"raw_label": text, "proc_label": text, "act_cat": [text], **times, **more}


def sequence(path, labels, dur=10.0, kind="frame_ann"):
    """Return a BABEL sequence with frame labels or sequence labels."""
    empty = {"seq_ann": None, "frame_ann": None}
    return {"feat_p": path, "dur": dur, **empty, kind: {"labels": labels}}


def babel_set(folder, **files):
    """Write a BABEL folder; each keyword argument names a file stem and gives the sequences."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, sequences in files.items():
        by_id = {str(number): each for number, each in enumerate(sequences)}
        (folder / f"{stem}.json").write_text(json.dumps(by_id))
    return folder


def humanml3d_set(folder, rows, texts, splits=()):
    """Write a HumanML3D folder from rows (path, first, end, id), lines by id, and ids by split."""
    (folder / "texts").mkdir(parents=True, exist_ok=True)
    lines = [",".join(map(str, row)) for row in rows]
    (folder / "index.csv").write_text("\n".join([INDEX_HEAD, *lines]) + "\n")
    for name, lines in texts.items():
        (folder / "texts" / f"{name}.txt").write_text("\n".join(lines) + "\n")
    for split, names in dict(splits).items():
        (folder / f"{split}.txt").write_text("\n".join(names) + "\n")
    return folder


def line(caption, from_s=0.0, to_s=0.0):
    """Return a line of a HumanML3D text file."""
    tokens = " ".join(f"{word}/NOUN" for word in caption.replace("#", "").split())
    return f"{caption}#{tokens}#{from_s}#{to_s}"


def kitml_set(folder, motions):
    """Write a KIT-ML folder from (path, duration, [(text, start, end), ...]), keyed by id."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, (path, duration, texts) in motions.items():
        annotations = [
            {"seg_id": f"{name}_{i}", "text": text, "start": start, "end": end}
            for i, (text, start, end) in enumerate(texts)
        ]
        found[name] = {"path": path, "duration": duration, "annotations": annotations}
    (folder / "annotations.json").write_text(json.dumps(found))
    return folder
