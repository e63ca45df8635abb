"""A store in an object store (s3://, gs://, az://, memory://), through obstore.

An object is put as a whole, so what a folder needs a temporary file for comes by itself. There are
no locks: two builds at once waste work, but write the same bytes. Keys and endpoints come from the
environment, as its clients are used to (AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, ...).
"""

import functools
import hashlib
import io

from pipelines.folder import Lock, StoreError
from radarsim.errors import InputError


class ObjectFolder:
    """See `pipelines.folder.Folder`.

    Args:
        root: URL of the store, such as s3://bucket/synth.zarr.

    Raises:
        InputError: no such kind of URL, or obstore is not installed.
    """

    def __init__(self, root: str):
        self.root = root.rstrip("/")
        self._objects = _objects(self.root)

    def read(self, path: str) -> bytes | None:
        try:
            return self._objects.get(path).bytes().to_bytes()
        except FileNotFoundError:
            return None
        except _errors() as error:
            raise self._told(error, "read") from None

    def write(self, path: str, data: bytes) -> None:
        try:
            self._objects.put(path, data)
        except _errors() as error:
            raise self._told(error, "written") from None

    def sha256(self, path: str) -> str | None:
        data = self.read(path)
        return None if data is None else hashlib.sha256(data).hexdigest()

    def names(self) -> set[str]:
        try:
            found = self._objects.list_with_delimiter()
        except _errors() as error:
            raise self._told(error, "read") from None
        return {*found["common_prefixes"], *(each["path"] for each in found["objects"])}

    def files(self) -> list[str]:
        return sorted(each["path"] for batch in self._objects.list() for each in batch)

    def is_file(self) -> bool:
        return False

    def remove_tree(self, path: str) -> None:
        found = [each["path"] for batch in self._objects.list(path) for each in batch]
        if found:
            self._objects.delete(found)

    def lock(self) -> Lock:
        return io.BytesIO()

    def zarr_store(self) -> object:
        from zarr.storage import ObjectStore

        return ObjectStore(self._objects, read_only=True)

    def _told(self, error: Exception, what: str) -> StoreError:
        hint = "check the URL, and keys and endpoint in the environment"
        return StoreError(self.root, "--out", f"cannot be {what} ({_first_line(error)})", hint)


@functools.cache
def _objects(url: str):
    """One client per URL and process: connections are kept, and memory:// remembers."""
    try:
        import obstore.store
    except ImportError:
        hint = 'install it: pip install "radarsim[remote]"'
        raise InputError(url, "--out", "is a URL, which needs obstore", hint) from None
    try:
        return obstore.store.from_url(url)
    except (*_errors(), ValueError) as error:
        hint = "use s3://bucket/name, gs://bucket/name, az://container/name or a path"
        raise InputError(url, "--out", f"is no place ({_first_line(error)})", hint) from None


def _errors() -> tuple[type[Exception], ...]:
    from obstore.exceptions import BaseError

    return BaseError, OSError


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200]
