"""Takes of a build: motion files, AMASS folders and the built-in activities.

The id of a take does not depend on the location of its file: an AMASS take has the id
`CMU/01/01_01_poses` whether the given folder is AMASS itself, `CMU`, `CMU/01`, or a copy of one of
these. Folders above the given folder are used only if the files lie as AMASS publishes them.
"""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from builders.corpus.plan import subject_name
from builders.corpus.reader import MotionCorpus, find_corpora
from pipelines.caption_datasets.amass_names import AMASS_FOLDERS
from pipelines.clip_selection import UNUSABLE
from pipelines.plan import SEE_LINES, Note
from pipelines.recipe import Sources
from pipelines.sources import Text
from radarsim.errors import InputError
from radarsim.files import find_motions, motion_people, open_motion
from radarsim.paths import local_path
from radarsim.scene.motion import Motion

AMASS_LICENCE = "AMASS, non-commercial research: https://amass.is.tue.mpg.de/license.html"
FILE_SOURCE = "motion file"
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
        split_group: folder or file of the people who were recorded together; "" for one person.
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
    split_group: str = ""
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
    split_group: str = ""

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
    """List every motion of an AMASS folder, or of corpora written by `builders.motions`.

    Args:
        folder: AMASS folder in the published layout, or any subfolder; or a corpus, the folder of
            one of its people, or a folder that contains corpora.
        sources: settings for reading the files.

    Raises:
        InputError: the folder is missing, contains no motion, or contains an incomplete corpus.
    """
    paths = find_motions(folder)
    given, corpora = _absolute(_folder(local_path(folder))), find_corpora(paths)
    base = _published_base(given, [path for path in paths if path not in corpora])
    takes = [
        _corpus_take(path, given, corpora[path]) if path in corpora else _amass_take(path, base)
        for path in paths
    ]
    return [replace(take, **_reading(sources)) for take in takes]


def file_takes(
    paths: Iterable[str], sources: Sources = AS_STATED
) -> tuple[list[FileTake], list[Note]]:
    """List the motion files given directly or in folders; each subfolder is one person.

    All files below a subfolder are in one split, also if they contain several people. A file with
    several people gives one take and one subject per person.

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


def _corpus_take(path: Path, given: Path, corpus: MotionCorpus) -> FileTake:
    """Take of a corpus, whose folders are its people whatever the folders above are called."""
    base = given if corpus.folder.is_relative_to(given) else corpus.folder
    take = FileTake(
        path=str(path),
        id=_absolute(path).relative_to(base).with_suffix("").as_posix(),
        subject=path.parent.name,
        source="",
        licence="",
    )
    return corpus.annotate(take)


def _amass_take(path: Path, base: Path) -> FileTake:
    parts = _absolute(path).relative_to(base).parts
    starts = [i for i, part in enumerate(parts[:-1]) if part in AMASS_FOLDERS]
    parts = parts[starts[-1] :] if starts else parts
    return FileTake(
        path=str(path),
        id="/".join((*parts[:-1], path.stem)),
        subject="/".join(parts[:2]) if len(parts) > 2 else "/".join(parts[:-1]) or path.stem,
        source=f"AMASS/{parts[0]}" if len(parts) > 1 else "AMASS",
        licence=AMASS_LICENCE,
    )


def _published_base(given: Path, paths: Iterable[Path]) -> Path:
    """Folder from which the names of collections are searched in the paths.

    The folder above the given one is taken as a collection only if all files lie directly in the
    given folder, as in COLLECTION/PERSON/FILE: any other data may be below a folder named KIT.
    """
    if given.name in AMASS_FOLDERS:
        return given.parent
    direct = all(_absolute(path).parent == given for path in paths)
    if given.parent.name in AMASS_FOLDERS and direct:
        return given.parents[1]
    return given


def _file_take(path: Path, root: Path) -> FileTake:
    parts = path.relative_to(_folder(root)).parts
    return FileTake(
        path=str(path),
        # Keep the suffix, because walk.bvh and walk.npz may be in the same folder.
        id="/".join(parts),
        subject=parts[0] if len(parts) > 1 else "unnamed",
        source=FILE_SOURCE,
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
    # A subfolder may hold several recordings of the same people. Files outside are independent.
    group = take.subject if "/" in take.id else f"{take.subject}/{take.id}"
    return [
        replace(
            take,
            person=person,
            split_group=group,
            id=f"{take.id}/{person}",
            subject=f"{take.subject}/{take.id}/{person}",
        )
        for person in people
    ]


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))


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
