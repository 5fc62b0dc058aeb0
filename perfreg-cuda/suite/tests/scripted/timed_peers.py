"""The peers' process on a GPU that only a script plays: what peers.py times, in which order, by a clock that
work moves. What it computes is checked elsewhere; here every peer computes the right thing.

Work of the peer number n takes n times 100 µs, and four fifths of it in a graph.
"""

import importlib.util
import math
import os
import pathlib
import sys
import types

# Nanoseconds.
CALL = 100_000
IN_A_GRAPH = 0.8
PRODUCT = 2_750_000


class Device:
    """Its clock, and what a capture under way holds."""

    now = 0
    capture = None
    # Kernels that keep it busy and caches that are overwritten since the last event.
    before = []

    @classmethod
    def work(cls, nanoseconds):
        if cls.capture is None:
            cls.now += nanoseconds
        else:
            cls.capture.nanoseconds += nanoseconds * IN_A_GRAPH


class Event:
    def __init__(self, enable_timing=False):
        assert enable_timing, "it would tell no time"

    def record(self):
        assert Device.capture is None, "events are not part of a graph"
        log("event after " + " and ".join(Device.before or ["nothing"]))
        Device.before = []
        self.at = Device.now

    def synchronize(self):
        pass

    def elapsed_time(self, end):
        return (end.at - self.at) / 1e6


class Stream:
    def wait_stream(self, _other):
        pass

    def __enter__(self):
        pass

    def __exit__(self, *_):
        pass


class CUDAGraph:
    nanoseconds = 0

    def replay(self):
        assert Device.capture is None
        Device.before.append("a replay")
        Device.work(self.nanoseconds)


class Capture:
    def __init__(self, graph):
        self.graph = graph

    def __enter__(self):
        Device.capture = self.graph

    def __exit__(self, *_):
        Device.capture = None


class Tensor:
    def bfloat16(self):
        return self

    def zero_(self):
        Device.before.append("a flush")
        Device.work(70_000)

    def __matmul__(self, _other):
        Device.work(PRODUCT)


def sleep(cycles):
    assert cycles > 0
    Device.before.append("a wait")
    Device.work(300_000)


def scripted_torch():
    cuda = types.SimpleNamespace(
        CUDAGraph=CUDAGraph,
        Event=Event,
        Stream=Stream,
        _sleep=sleep,
        current_stream=Stream,
        empty_cache=lambda: None,
        get_device_name=lambda _device: "Scripted",
        get_device_properties=lambda _device: types.SimpleNamespace(L2_cache_size=4_096),
        graph=Capture,
        is_available=lambda: True,
        set_device=lambda _device: None,
        stream=lambda stream: stream,
    )
    torch = types.ModuleType("torch")
    torch.__version__ = "0.0"
    torch.backends = types.SimpleNamespace(cudnn=types.SimpleNamespace(version=lambda: 9))
    torch.cuda = cuda
    torch.device = lambda kind, index=None: types.SimpleNamespace(type=kind, index=index)
    torch.empty = lambda size, **_: check(size == 2 * 4_096, "twice the cache") or Tensor()
    torch.int8 = "int8"
    torch.no_grad = Stream
    torch.randn = lambda *_, **__: Tensor()
    torch.version = types.SimpleNamespace(cuda="0.0")
    return torch


def check(is_so, what):
    assert is_so, what


def log(line):
    with open(os.path.join(os.environ["TMPDIR"], "events"), "a", encoding="utf-8") as file:
        file.write(line + "\n")


def maker(number, name):
    def make(_torch, _case):
        if name == "flex":
            raise RuntimeError("it does not compile\nand this is why")

        def run():
            if name == "reference" and Device.capture is not None:
                raise RuntimeError("operation not permitted when stream is capturing")
            Device.work(CALL * number)

        run.name = name
        return run

    return make


def main():
    path = pathlib.Path(__file__).parents[3] / "scripts" / "peers.py"
    spec = importlib.util.spec_from_file_location("peers", path)
    peers = importlib.util.module_from_spec(spec)
    sys.modules["torch"] = scripted_torch()
    sys.dont_write_bytecode = True
    spec.loader.exec_module(peers)
    assert set(peers.MAKERS) == set(peers.NAMES)
    peers.MAKERS = {name: maker(number, name) for number, name in enumerate(peers.NAMES, 1)}
    peers.Case = lambda *_: None
    # One computes no number.
    peers.Peers.error = lambda _self, run, _case: math.nan if run.name == "flex_permuted" else 0.002
    peers.main()


if __name__ == "__main__":
    main()
