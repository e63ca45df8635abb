"""A store's folder in an object store (s3://, gs://, az://, memory://), accessed through obstore.

Objects are always written whole, so no temporary files are needed. Builds do not lock the store:
two simultaneous builds do the work twice, but write identical bytes. Credentials and endpoints are
taken from the usual environment variables (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ...).
"""

import functools
import hashlib
import io

from pipelines.store_folder import Lock, StoreError
from radarsim.errors import InputError


class ObjectStoreFolder:
    """Access to the objects under a URL; implements the interface `store_folder.StoreFolder`.

    Args:
        root: URL of the store, such as s3://bucket/synth.zarr.

    Raises:
        InputError: the URL scheme is not supported, or obstore is not installed.
    """

    def __init__(self, root: str):
        self.root = root.rstrip("/")
        self._client = _client(self.root)

    def read(self, path: str) -> bytes | None:
        try:
            return self._client.get(path).bytes().to_bytes()
        except FileNotFoundError:
            return None
        except _errors() as error:
            raise self._store_error(error, "read") from None

    def write(self, path: str, data: bytes) -> None:
        try:
            self._client.put(path, data)
        except _errors() as error:
            raise self._store_error(error, "written") from None

    def sha256(self, path: str) -> str | None:
        data = self.read(path)
        return None if data is None else hashlib.sha256(data).hexdigest()

    def names(self) -> set[str]:
        try:
            found = self._client.list_with_delimiter()
        except _errors() as error:
            raise self._store_error(error, "read") from None
        return {*found["common_prefixes"], *(each["path"] for each in found["objects"])}

    def files(self) -> list[str]:
        return sorted(each["path"] for batch in self._client.list() for each in batch)

    def is_file(self) -> bool:
        return False

    def remove_tree(self, path: str) -> None:
        found = [each["path"] for batch in self._client.list(path) for each in batch]
        if found:
            self._client.delete(found)

    def lock(self) -> Lock:
        return io.BytesIO()

    def zarr_store(self) -> object:
        from zarr.storage import ObjectStore

        return ObjectStore(self._client, read_only=True)

    def _store_error(self, error: Exception, action: str) -> StoreError:
        hint = "check the URL, and the credentials and endpoint in the environment"
        return StoreError(self.root, "--out", f"cannot be {action} ({_first_line(error)})", hint)


@functools.cache
def _client(url: str):
    """Return the client for a URL; a process has one client per URL.

    The client reuses connections and keeps the objects of memory:// URLs.
    """
    try:
        import obstore.store
    except ImportError:
        hint = 'install it: pip install "radarsim[remote]"'
        raise InputError(url, "--out", "is a URL, which requires obstore", hint) from None
    try:
        return obstore.store.from_url(url)
    except (*_errors(), ValueError) as error:
        hint = "use s3://bucket/name, gs://bucket/name, az://container/name or a path"
        problem = f"is not a usable URL ({_first_line(error)})"
        raise InputError(url, "--out", problem, hint) from None


def _errors() -> tuple[type[Exception], ...]:
    from obstore.exceptions import BaseError

    return BaseError, OSError


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]
