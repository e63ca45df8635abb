"""An installation from a wheel is complete and is not hidden by a folder named radarsim."""

import configparser
import fnmatch
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.helpers.bvh_samples import bvh_text, moves, person

ROOT = Path(__file__).parents[2]
PACKAGES = ("radarsim", "builders", "pipelines", "benchmarks", "mmclip")
# Documentation files in the package folders; no code reads these files.
NOT_INSTALLED = {"benchmarks/README.md"}
LOAD_EVERY_FILE = """
import radarsim as rs
from radarsim.files import acceptance_thresholds
from builders.activities import texts
from builders.building.recipe_loading import PRESET_FOLDER
from builders.describer.prompt import BUILT_IN_TEMPLATE
from mmclip.protocol import FILE
from pipelines.recipe_toml import table_from_toml

assert rs.__version__[0].isdigit(), rs.__version__
assert rs.free_body().num_vertices
assert acceptance_thresholds()
assert BUILT_IN_TEMPLATE.read_text()
for file in (FILE, *PRESET_FOLDER.iterdir(), *texts.FOLDER.iterdir()):
    assert table_from_toml(file.read_text(), str(file)), file
print(rs.__file__)
"""


def tracked_files() -> list[str]:
    """Return the files of the packages in the repository."""
    done = subprocess.run(
        ["git", "ls-files", "-z", *PACKAGES], cwd=ROOT, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip("not a git repository")
    return [name for name in done.stdout.split("\0") if name and name not in NOT_INSTALLED]


def test_every_data_file_is_declared():
    """Every data file in the packages matches a pattern of package_data in setup.cfg."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    declared = {
        f"{package.replace('.', '/')}/{pattern.strip()}"
        for package, patterns in setup["options.package_data"].items()
        for pattern in patterns.split(",")
    }
    data = [name for name in tracked_files() if not name.endswith(".py")]
    missing = [name for name in data if not any(fnmatch.fnmatch(name, each) for each in declared)]
    assert len(data) > 10
    assert missing == []
    assert "radarsim/py.typed" in data


def test_the_citation_has_the_version_and_the_licence_of_the_package():
    """CITATION.cff has the required keys, and its version and licence are those of setup.cfg."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    found = dict(re.findall(r"^([\w-]+): *(.*)$", text, re.MULTILINE))
    assert {"cff-version", "message", "title", "authors"} <= set(found)
    for key in ("version", "license"):
        assert found[key] == setup["metadata"][key]


def test_every_folder_of_code_is_a_package():
    folders = {os.path.dirname(name) for name in tracked_files() if name.endswith(".py")}
    assert [name for name in folders if not (ROOT / name / "__init__.py").is_file()] == []


def run(*command, cwd) -> str:
    """Run a command without PYTHONPATH, check that it succeeds, and return its output."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "MPLBACKEND": "agg"}
    done = subprocess.run([*map(str, command)], cwd=cwd, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def copy_of_repository(folder: Path) -> Path:
    """Copy the tracked files, so that building leaves no files in the repository."""
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, names.stdout.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def installation(tmp_path_factory):
    """A virtual environment with the wheel, built from the sdist as pip would from a package index.

    The dependencies are those of the test environment; only radarsim is installed from the wheel.
    """
    tracked_files()  # skips the test outside of a repository
    folder = tmp_path_factory.mktemp("wheel")
    tree, unpacked = copy_of_repository(folder / "tree"), folder / "unpacked"
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    python = folder / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "setuptools>=68", "wheel", cwd=folder)
    build = (
        "import sys; sys.path.insert(0, 'tools'); import build_backend as b; b.build_sdist('..')"
    )
    run(python, "-c", build, cwd=tree)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(unpacked, filter="data")
    options = ("-q", "--no-deps", "--no-build-isolation", "-w", folder)
    run(python, "-m", "pip", "wheel", *options, next(unpacked.iterdir()), cwd=folder)
    run(python, "-m", "pip", "install", "-q", "--no-deps", *folder.glob("*.whl"), cwd=folder)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    # Python does not read .pth files in a folder that another .pth file added, so an editable
    # install in that folder has no effect.
    Path(site.strip(), "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


@pytest.fixture
def beside_a_clone(tmp_path):
    """A folder with a motion file and a folder `radarsim` that has a subfolder, like a clone."""
    skeleton = person()
    (tmp_path / "walk.bvh").write_text(bvh_text(skeleton, *moves(skeleton, num_poses=25)))
    (tmp_path / "radarsim" / "docs").mkdir(parents=True)
    return tmp_path


@pytest.mark.slow
def test_the_wheel_holds_every_file(installation):
    with zipfile.ZipFile(next(installation.glob("*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == set(tracked_files())


@pytest.mark.slow
def test_every_bundled_file_is_found_beside_a_clone(installation, beside_a_clone):
    python = installation / "venv" / "bin" / "python"
    (beside_a_clone / "script.py").write_text(LOAD_EVERY_FILE)
    printed = run(python, "script.py", cwd=beside_a_clone)
    assert Path(printed.strip()).is_relative_to(installation / "venv")


@pytest.mark.slow
def test_the_snippet_of_the_readme_runs_beside_a_clone(installation, beside_a_clone):
    python = installation / "venv" / "bin" / "python"
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    snippets = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    (snippet,) = (each for each in snippets if '"walk.png"' in each)
    (beside_a_clone / "script.py").write_text(snippet)
    printed = run(python, "script.py", cwd=beside_a_clone)
    assert "nan" not in printed
    assert (beside_a_clone / "walk.png").stat().st_size > 10_000


@pytest.mark.slow
def test_commands_run_beside_a_clone(installation, beside_a_clone):
    python = installation / "venv" / "bin" / "python"
    printed = run(python, "-m", "radarsim.radar", "AWR1843BOOST", cwd=beside_a_clone)
    assert "AWR1843BOOST" in printed
    for command in ("builders.amass", "builders.draw", "mmclip.pretrain", "radarsim.validate"):
        assert "usage" in run(python, "-m", command, "--help", cwd=beside_a_clone)
    console = installation / "venv" / "bin" / "radarsim"
    assert run(console, "radar", "AWR1843BOOST", cwd=beside_a_clone) == printed
    assert run(console, "--version", cwd=beside_a_clone).startswith("radarsim ")


@pytest.mark.slow
def test_an_editable_install_is_not_hidden_by_the_clone(installation, tmp_path):
    """A script next to a clone named radarsim imports the package, not the clone's folder."""
    shutil.copytree(installation / "tree", tmp_path / "radarsim")
    run(sys.executable, "-m", "venv", "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "--no-deps", "-e", "radarsim", cwd=tmp_path)
    script = "import radarsim; print(radarsim.InputError.__name__, radarsim.__file__)"
    name, file = run(python, "-c", script, cwd=tmp_path).split()
    assert name == "InputError"
    assert Path(file) == tmp_path / "radarsim" / "radarsim" / "__init__.py"
