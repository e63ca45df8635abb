"""A store folder that measures its writes, for the benchmarks of dataset builds."""

import time


class TimedFolder:
    """A folder that measures the wall time and processor time spent on writes."""

    def __init__(self, folder):
        self._folder, self.spent_s, self.spent_cpu_s = folder, 0.0, 0.0

    def __getattr__(self, name):
        return getattr(self._folder, name)

    def write(self, path, data):
        start_s, start_cpu_s = time.perf_counter(), time.process_time()
        self._folder.write(path, data)
        self.spent_s += time.perf_counter() - start_s
        self.spent_cpu_s += time.process_time() - start_cpu_s
