"""A running Dask cluster writes the same bytes as local workers, or an error is reported."""

import logging
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from distributed import LocalCluster

from pipelines import dask_cluster
from pipelines.run import build
from pipelines.worker_environment import (
    claim_device,
    default_workers,
    physical_cores,
    posing_processes,
)
from radarsim.errors import InputError
from tests.helpers.pipeline_fakes import (
    fake_clip,
    fake_plan,
    fake_store_spec,
    fake_takes,
    store_bytes,
)

TAKES = fake_takes(14)
PLAN = fake_plan(TAKES)
STORE_SPEC = fake_store_spec(PLAN)


@pytest.fixture(scope="module")
def address():
    """Address of a cluster of two processes with two threads each (local workers have one)."""
    with LocalCluster(
        n_workers=2,
        threads_per_worker=2,
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
    ) as running:
        yield running.scheduler_address


def built(path, address):
    return build(PLAN, TAKES, str(path), STORE_SPEC, fake_clip, scheduler=address, quiet=True)


def test_a_running_cluster_writes_the_same_bytes(tmp_path, address):
    summary = built(tmp_path / "there.zarr", address)
    build(PLAN, TAKES, str(tmp_path / "here.zarr"), STORE_SPEC, fake_clip, workers=0, quiet=True)
    assert (summary.num_clips, summary.unfinished) == (14, [])
    assert store_bytes(tmp_path / "there.zarr") == store_bytes(tmp_path / "here.zarr")


def test_a_cluster_that_does_not_answer_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.5)
    with pytest.raises(InputError, match=r"tcp://127.0.0.1:9: --scheduler: does not answer"):
        built(tmp_path / "s.zarr", "tcp://127.0.0.1:9")


@pytest.mark.parametrize("address", ["nowhere", "tcp://", "10.0.0.1:x"])
def test_an_invalid_address_is_refused(tmp_path, monkeypatch, address):
    monkeypatch.setattr(dask_cluster, "CONNECT_S", 0.5)
    with pytest.raises(InputError, match="--scheduler"):
        built(tmp_path / "s.zarr", address)


def test_workers_with_other_code_are_refused(tmp_path, address, monkeypatch):
    """Workers with a different code version might write different bytes, so they are rejected."""
    monkeypatch.setattr(dask_cluster, "code_version", lambda: "0.0.0+other")
    with pytest.raises(InputError, match=r"worker .* runs .*, but this command runs 0.0.0\+other"):
        built(tmp_path / "s.zarr", address)


def test_workers_with_different_devices_are_refused(tmp_path, address, monkeypatch):
    """A clip has the same bytes on devices of one kind only."""
    monkeypatch.setattr(dask_cluster, "_device_here", own_address)
    with pytest.raises(InputError, match=r"different devices: .*; use workers of one kind"):
        built(tmp_path / "s.zarr", address)


def own_address(dask_worker):
    return dask_worker.address


def test_a_store_that_workers_cannot_read_is_refused(tmp_path, address):
    """Other processes cannot read a memory:// store, as other machines cannot read a local disk."""
    with pytest.raises(InputError, match="cannot read it; give a path that every worker can read"):
        built("memory:///unseen.zarr", address)


def test_only_a_few_tasks_are_submitted_ahead(address):
    """Memory use does not grow with the plan, because only a few tasks per worker are queued."""
    drawn = []

    def tasks():
        for number in range(40):
            drawn.append(number)
            yield number, (number,)

    with dask_cluster.running_cluster(address, str(Path(__file__).parents[2])) as client:
        ahead = [
            len(drawn) - done
            for done, _ in enumerate(dask_cluster.map_tasks(client, doubled, tasks()), 1)
        ]
    assert len(ahead) == 40
    assert max(ahead) <= 2 * dask_cluster.QUEUED_PER_WORKER


def test_workers_of_a_running_cluster_do_not_record_what_they_run(address):
    """Dask's profiler is off; in a simulation, its call trees of one hour take half a gigabyte."""
    with dask_cluster.running_cluster(address, str(Path(__file__).parents[2])) as client:
        assert list(client.run(recorders).values()) == [[], []]


def recorders(dask_worker):
    return [name for name in dask_worker.periodic_callbacks if name.startswith("profile")]


def doubled(number, report):
    return {"twice": 2 * number}


def test_each_worker_of_a_machine_gets_its_own_device(tmp_path, monkeypatch):
    """A worker's claim to a device ends with its process, even if the worker is killed."""
    hold = (
        "import sys, time; from pipelines.worker_environment import claim_device;"
        f"print(claim_device(['0', '1', '2'], {str(tmp_path)!r}), flush=True); sys.stdin.read()"
    )
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2")
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    first, second = (subprocess.Popen([sys.executable, "-c", hold], **pipes) for _ in range(2))
    claimed = {first.stdout.readline().strip(), second.stdout.readline().strip()}
    first.kill()
    first.wait()
    freed = claim_device(["0", "1", "2"], str(tmp_path))
    second.communicate("")
    assert claimed == {"0", "1"}
    assert freed in claimed | {"2"}
    assert os.environ["CUDA_VISIBLE_DEVICES"] == freed


def test_each_local_worker_simulates_on_a_gpu_of_its_own(tmp_path, monkeypatch):
    """On a machine with two GPUs there are two workers; each uses one GPU and a share of the cores
    for poses, compiles programs that give the same bytes every time, and does not record its tasks.
    """
    (tmp_path / "jax_cuda12_plugin.py").write_text("")  # as if jax[cuda12] were installed
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *sys.path]))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "test-a,test-b")
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    assert default_workers() == 2
    with dask_cluster.local_workers(None, 8) as client:
        found = list(client.run(device_environment).values())
    assert {each["device"] for each in found} == {"test-a", "test-b"}
    for each in found:
        assert each["threads"] == 2
        assert each["posing"] == max(1, physical_cores() // 2 - 1)
        assert "--xla_gpu_deterministic_ops=true" in each["flags"]
        assert each["recorders"] == []


def device_environment(dask_worker):
    return {
        "device": os.environ["CUDA_VISIBLE_DEVICES"],
        "flags": os.environ["XLA_FLAGS"].split(),
        "threads": dask_worker.state.nthreads,
        "posing": posing_processes(),
        "recorders": recorders(dask_worker),
    }


def test_a_single_device_needs_no_claim(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    assert claim_device(["3"]) is None
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"


def test_a_worker_that_ends_late_does_not_fail_a_finished_build(monkeypatch):
    """Dask raises TimeoutError for a worker that has not ended in time, needed or not."""

    class SlowCluster(LocalCluster):
        def close(self, timeout=None):
            super().close(timeout)
            raise TimeoutError

    monkeypatch.setattr(dask_cluster, "LocalCluster", SlowCluster)
    with dask_cluster.local_workers(1, 1) as client:
        assert client.submit(sum, (1, 2)).result() == 3


def test_a_worker_that_has_not_ended_in_time_is_killed():
    """The cluster and its only worker, a process that sleeps, are replaced by stand-ins."""

    def close():
        raise TimeoutError

    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as worker:
        cluster = SimpleNamespace(workers={0: SimpleNamespace(pid=worker.pid)}, close=close)
        dask_cluster._close(cluster)
        assert worker.wait(10) == -signal.SIGKILL
