"""Small text sets in their published layouts."""

import json

INDEX_HEAD = "source_path,start_frame,end_frame,new_name"


def label(words, start_s=None, end_s=None, **more):
    """A BABEL label; without times one of a whole sequence."""
    times = {} if start_s is None else {"start_t": start_s, "end_t": end_s}
    return {"raw_label": words, "proc_label": words, "act_cat": [words], **times, **more}


def sequence(path, labels, dur=10.0, kind="frame_ann"):
    """A BABEL sequence, labelled by frames or as a whole."""
    empty = {"seq_ann": None, "frame_ann": None}
    return {"feat_p": path, "dur": dur, **empty, kind: {"labels": labels}}


def babel_set(folder, **files):
    """BABEL's folder; sequences by the stem of each file."""
    folder.mkdir(parents=True, exist_ok=True)
    for stem, sequences in files.items():
        by_id = {str(number): each for number, each in enumerate(sequences)}
        (folder / f"{stem}.json").write_text(json.dumps(by_id))
    return folder


def humanml3d_set(folder, rows, texts, splits=()):
    """HumanML3D's folder: (path, first, end, id) rows, lines by id, ids by split."""
    (folder / "texts").mkdir(parents=True, exist_ok=True)
    lines = [",".join(map(str, row)) for row in rows]
    (folder / "index.csv").write_text("\n".join([INDEX_HEAD, *lines]) + "\n")
    for name, said in texts.items():
        (folder / "texts" / f"{name}.txt").write_text("\n".join(said) + "\n")
    for split, names in dict(splits).items():
        (folder / f"{split}.txt").write_text("\n".join(names) + "\n")
    return folder


def line(caption, from_s=0.0, to_s=0.0):
    """A line of a HumanML3D text."""
    tokens = " ".join(f"{word}/NOUN" for word in caption.replace("#", "").split())
    return f"{caption}#{tokens}#{from_s}#{to_s}"


def kitml_set(folder, motions):
    """KIT-ML's folder: (path, duration, [(text, start, end), ...]) by id."""
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
