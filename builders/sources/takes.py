"""Takes of a build: motion files, AMASS folders and the built-in activities.

The id of a take does not depend on the location of its file: an AMASS take has the id
`CMU/01/01_01_poses` whether the given folder is AMASS itself, `CMU`, or a copy of `CMU`.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from builders.corpus.plan import subject_name
from builders.corpus.reader import find_corpus
from pipelines.caption_datasets.amass_names import AMASS_FOLDERS
from pipelines.clip_selection import UNUSABLE
from pipelines.plan import SEE_LINES, Note
from pipelines.recipe import Sources
from pipelines.sources import Text
from radarsim.errors import InputError
from radarsim.files import find_motions, motion_people, open_motion
from radarsim.scene.motion import Motion

AMASS_LICENCE = "AMASS, non-commercial research: https://amass.is.tue.mpg.de/license.html"
FILE_LICENCE = "not stated; ask the owner of the motion file"
BUILT_IN_LICENCE = "Apache-2.0"
AS_STATED = Sources()
"""Default settings: use the pose rate stated in the file, and infer the up axis."""


@dataclass(frozen=True, kw_only=True)
class FileTake:
    """Take of one person in a motion file (see `pipelines.sources.Take`).

    Attributes:
        path: path of the file.
        person: person in the file; "" if there is only one.
        up, rate_hz: up axis and pose rate, passed to `files.open_motion`.
    """

    path: str
    id: str
    subject: str
    source: str
    licence: str
    official_split: str = ""
    texts: tuple[Text, ...] = ()
    person: str = ""
    up: str = "auto"
    rate_hz: float | None = None

    def load(self) -> Motion:
        return open_motion(self.path, self.id, person=self.person, up=self.up, rate_hz=self.rate_hz)

    def sha256(self) -> str:
        try:
            with open(self.path, "rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            raise InputError(self.path, "file", problem, "check the file") from None


@dataclass(frozen=True, kw_only=True)
class BuiltInTake:
    """Take of a built-in activity by one subject (see `pipelines.sources.Take`)."""

    activity: str
    subject_number: int
    repeat: int
    seed: int
    duration_s: float
    texts: tuple[Text, ...] = ()
    source: str = "built-in"
    licence: str = BUILT_IN_LICENCE
    official_split: str = ""

    @property
    def id(self) -> str:
        return f"built-in/{self.subject}/{self.activity}_{self.repeat:03d}"

    @property
    def subject(self) -> str:
        return subject_name(self.subject_number, self.seed)

    def load(self) -> Motion:
        from builders.activities import perform

        return perform(
            self.activity, self.subject_number, self.repeat, self.seed, self.duration_s, RATE_HZ
        )

    def sha256(self) -> str:
        made_from = (self.id, self.seed, self.duration_s, RATE_HZ, _activities_digest())
        return hashlib.sha256(repr(made_from).encode()).hexdigest()


RATE_HZ = 120.0


def amass_takes(folder: str, sources: Sources = AS_STATED) -> list[FileTake]:
    """List every motion of an AMASS folder, or of a corpus written by `builders.motions`.

    Args:
        folder: AMASS folder in the published layout, or any subfolder.
        sources: settings for reading the files.

    Raises:
        InputError: the folder is missing or contains no motion.
    """
    found = [_amass_take(path, Path(folder)) for path in find_motions(folder)]
    takes = [replace(take, **_reading(sources)) for take in found]
    corpus = find_corpus(folder)
    return [corpus.annotate(take) for take in takes] if corpus else takes


def file_takes(
    paths: Iterable[str], sources: Sources = AS_STATED
) -> tuple[list[FileTake], list[Note]]:
    """List the motion files given directly or in folders; each subfolder is one person.

    A file with several people gives one take per person.

    Args:
        paths: paths of files and folders.
        sources: settings for reading the files.

    Returns:
        The takes, and a note for each path without a usable motion.
    """
    takes, notes = [], []
    for root in paths:
        try:
            for path in find_motions(root):
                take = replace(_file_take(path, Path(root)), **_reading(sources))
                takes += _take_per_person(take)
        except InputError as error:
            notes.append(Note(cause=UNUSABLE, line=str(error), remedy=SEE_LINES))
    return takes, notes


def built_in_takes(
    num_takes: int, num_subjects: int, seed: int, clip_s: float
) -> list[BuiltInTake]:
    """List performances of the built-in activities, cycling through activities and subjects.

    Each cycle performs every activity once. The next cycle assigns each activity to the next
    subject; after `num_subjects` cycles the repeat number of all performances increases by one.

    Args:
        num_takes, num_subjects: number of performances and of subjects.
        seed: random seed of the performances.
        clip_s: minimum duration of each performance [s].

    Returns:
        The takes.
    """
    from builders.activities import ACTIVITIES

    names = list(ACTIVITIES)
    takes = []
    for number in range(num_takes):
        cycle, activity = divmod(number, len(names))
        takes.append(
            BuiltInTake(
                activity=names[activity],
                subject_number=(activity + cycle) % num_subjects,
                repeat=cycle // num_subjects,
                seed=seed,
                # Add one pose more than the clip needs, so that the clip ends within the motion.
                duration_s=clip_s + 1 / RATE_HZ,
                texts=_activity_texts(ACTIVITIES[names[activity]]),
            )
        )
    return takes


def unique_takes(takes: Iterable) -> tuple[dict, list[Note]]:
    """Return the takes by id, and a note for each later take that repeats an id."""
    named, notes = {}, []
    for take in takes:
        if take.id in named:
            problem = f"another motion has the same name {take.id}"
            hint = "rename one, or give the parent folder of both"
            notes.append(
                Note(
                    cause=UNUSABLE,
                    line=str(InputError(take.path, "name", problem, hint)),
                    remedy=SEE_LINES,
                )
            )
        else:
            named[take.id] = take
    return named, notes


def _amass_take(path: Path, root: Path) -> FileTake:
    parts = _published_parts(path) or path.relative_to(_folder(root)).parts
    return FileTake(
        path=str(path),
        id="/".join((*parts[:-1], path.stem)),
        subject="/".join(parts[:2]) if len(parts) > 2 else "/".join(parts[:-1]) or path.stem,
        source=f"AMASS/{parts[0]}" if len(parts) > 1 else "AMASS",
        licence=AMASS_LICENCE,
    )


def _published_parts(path: Path) -> tuple[str, ...]:
    """Path components from the name of an AMASS collection onwards; empty without such a name."""
    parts = path.absolute().parts
    starts = [i for i, part in enumerate(parts[:-1]) if part in AMASS_FOLDERS]
    return parts[starts[-1] :] if starts else ()


def _file_take(path: Path, root: Path) -> FileTake:
    parts = path.relative_to(_folder(root)).parts
    folder = "/".join(parts[:-1])
    return FileTake(
        path=str(path),
        # Keep the suffix, because walk.bvh and walk.npz may be in the same folder.
        id="/".join(parts),
        subject=folder or "unnamed",
        source="motion file",
        licence=FILE_LICENCE,
    )


def _reading(sources: Sources) -> dict:
    return {"up": sources.up, "rate_hz": sources.rate_hz or None}


def _take_per_person(take: FileTake) -> list[FileTake]:
    try:
        people = motion_people(take.path)
    except InputError:
        return [take]  # the error is reported later, when the motion is read
    if len(people) == 1:
        return [take]
    return [
        replace(
            take,
            person=person,
            id=f"{take.id}/{person}",
            subject=f"{take.subject}/{take.id}/{person}",
        )
        for person in people
    ]


def _folder(root: Path) -> Path:
    return root if root.is_dir() else root.parent


def _activity_texts(activity) -> tuple[Text, ...]:
    """Texts of an activity: the label with all sentence variants, each caption with one variant."""
    source = f"built-in, {activity.text_source}"
    captions = dict.fromkeys((activity.label, *activity.captions))
    wordings = [tuple(sorted(variant.items())) for variant in activity.variants]
    return tuple(
        Text(
            caption=caption,
            source=source,
            sentences=wordings[number % len(wordings)],
            variants=tuple(wordings[1:]) if caption == activity.label else (),
            provenance=activity.text_source,
            kind="label" if caption == activity.label else "sentence",
        )
        for number, caption in enumerate(captions)
    )


@cache
def _activities_digest() -> str:
    """Digest of the activities' source code; different code may generate different motions."""
    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parents[1] / "activities").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
