"""Tests of stores on an S3 server with an independent implementation (moto)."""

import pytest

from pipelines.run import build
from pipelines.storage import open_folder
from pipelines.store_reader import Store
from pipelines.store_writer import verify
from radarsim.errors import InputError
from tests.helpers.pipeline_fakes import (
    fake_clip,
    fake_plan,
    fake_store_spec,
    fake_takes,
    store_bytes,
)

TAKES = fake_takes(6)
PLAN = fake_plan(TAKES)
STORE_SPEC = fake_store_spec(PLAN)


@pytest.fixture
def bucket(monkeypatch):
    server = pytest.importorskip("moto.server", reason="needs the extra [oracle]")
    boto3 = pytest.importorskip("boto3", reason="needs the extra [oracle]")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anyone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="radar")
    yield f"s3://radar/{port}"
    running.stop()


def test_a_store_on_s3_is_written_resumed_checked_and_read(bucket, tmp_path):
    url = f"{bucket}/synth.zarr"

    def stops(recipe, clip, take):
        if clip.row == 5:
            raise KeyboardInterrupt
        return fake_clip(recipe, clip, take)

    with pytest.raises(KeyboardInterrupt):
        build(PLAN, TAKES, url, STORE_SPEC, stops, workers=0, quiet=True)
    # Both worker processes read the S3 settings from their environment variables.
    summary = build(PLAN, TAKES, url, STORE_SPEC, fake_clip, workers=2, quiet=True)
    build(PLAN, TAKES, str(tmp_path / "s.zarr"), STORE_SPEC, fake_clip, workers=0, quiet=True)
    folder = open_folder(url)
    assert (summary.state, summary.unfinished) == ("resumed", [])
    assert {path: folder.read(path) for path in folder.files()} == store_bytes(tmp_path / "s.zarr")
    assert verify(url) == []
    assert len(Store(url).clips) == 6


def test_a_missing_bucket_gives_a_one_line_error(bucket):
    with pytest.raises(InputError, match="cannot be") as refusal:
        build(PLAN, TAKES, "s3://missing/s.zarr", STORE_SPEC, fake_clip, workers=0, quiet=True)
    assert "\n" not in str(refusal.value)
