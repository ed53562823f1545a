"""Forward passes of the networks on a device: precision, batches, out of memory, and staying interruptible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Lock
from typing import Any

import numpy as np
import psutil
import torch
from numpy.typing import NDArray

from daemon.engines.demucs import lean, precision
from daemon.kernel.errors import OutOfMemory

Windows = NDArray[np.float32]  # (batch, channels, frames)
Tick = Callable[[float], None]

_BYTES_PER_FRAME = 4096  # generous: what activations of one segment take at their peak, per frame of it
_BATCH_LIMIT = 16
_SIDE_BY_SIDE = 4  # segments on a CPU at once: beyond this, threads within one do as well for less memory
_LAYERS = ("encoder", "tencoder", "decoder", "tdecoder", "crosstransformer.layers", "crosstransformer.layers_t")


class Forward:
    """Runs networks of one bag. device, reason: where they run now and why; both may change on a failure.

    precision: "fp32", "bf16" or "fp16", of convolutions and products; sums and norms that need it stay fp32.
    """

    def __init__(
        self, modules: list[torch.nn.Module], device: str, arithmetic: str, reason: str, threads: int = 1
    ) -> None:
        self._threads = threads
        self._lock = Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._side_by_side = 1
        self.device = device
        self.precision = arithmetic
        self.reason = reason
        self._batch: int | None = None
        self._tick: Tick | None = None
        self._layers_begun = 0
        self._windows = 1
        self._fp32 = modules
        for module in modules:
            self._listen(module)
        try:
            self._modules = self._all_placed()
        except (RuntimeError, AssertionError) as error:  # how torch says that it has no such device
            if device == "cpu":
                raise
            self._fall_back("cpu", f"torch cannot use {device} here: {error}")

    def batch(self, frames: int) -> int:
        """How many windows of `frames` to run at once: as a batch on a GPU, side by side on a CPU."""
        if self._batch is None:
            self._batch = self._fitting(frames)
        return self._batch

    def run(self, index: int, windows: Windows, tick: Tick) -> NDArray[np.float32]:
        """(batch, stems, channels, frames) estimates of network `index`.

        tick: hears of the fraction done, several times, and may raise to stop. Out of memory is answered by
        half the batch, then by the CPU; what a device cannot do, by the CPU. Raises OutOfMemory at the end.
        """
        self._tick, self._layers_begun = tick, 0
        self._windows = len(windows) if self.device == "cpu" else 1
        try:
            estimate = self._estimates(index, windows)
        except (RuntimeError, NotImplementedError) as error:
            return self._again(index, windows, tick, error)
        if self.precision == "fp16" and not np.isfinite(estimate).all():
            self._fall_back(self.device, "half precision overflowed", "fp32")
            return self.run(index, windows, tick)
        return estimate

    def _estimates(self, index: int, windows: Windows) -> NDArray[np.float32]:
        if self.device != "cpu" or len(windows) == 1:
            return self._estimate(index, windows)
        if self._pool is None:
            # Each with its own threads: they need not wait for each other after every operation.
            share = max(1, self._threads // self._side_by_side)
            self._pool = ThreadPoolExecutor(self._side_by_side, "segment", torch.set_num_threads, (share,))
        return np.concatenate(list(self._pool.map(lambda window: self._estimate(index, window[None]), windows)))

    def _estimate(self, index: int, windows: Windows) -> NDArray[np.float32]:
        with torch.inference_mode(), _attention_as_written(), self._precision(index):
            mix = torch.from_numpy(windows).to(self.device)
            estimate: NDArray[np.float32] = self._modules[index](mix).float().cpu().numpy()
        return estimate

    def _again(self, index: int, windows: Windows, tick: Tick, error: Exception) -> NDArray[np.float32]:
        if not _out_of_memory(error):
            if self.device == "cpu" or not _unsupported(error):
                raise error
            self._fall_back("cpu", f"{self.device} cannot do an operation of this network: {error}")
            return self.run(index, windows, tick)
        if self.device == "cuda":
            torch.cuda.empty_cache()
        if len(windows) > 1:
            half = len(windows) // 2
            self._batch = half
            self.reason += f"; out of memory, batch reduced to {half}"
            parts = [self.run(index, part, tick) for part in (windows[:half], windows[half:])]
            return np.concatenate(parts)
        if self.device == "cpu":
            raise OutOfMemory("out of memory while separating", why=error) from error
        self._fall_back("cpu", f"out of memory on {self.device}")
        return self.run(index, windows, tick)

    def _fall_back(self, device: str, why: str, arithmetic: str = "") -> None:
        self.device, self.precision = device, arithmetic or precision.choose(device)[0]
        self.reason += f"; then on {device} in {self.precision}: {why}"
        self._batch = None
        self._modules = self._all_placed()

    def _all_placed(self) -> list[torch.nn.Module]:
        placed = [module.to(self.device) for module in self._fp32]
        return [lean.prepared(module, self.precision) for module in placed] if self.device == "cpu" else placed

    def _listen(self, module: torch.nn.Module) -> None:
        """Have `tick` called before every layer: a whole segment takes seconds on a slow CPU."""
        layers = list(_layers(module))
        for layer in layers:
            layer.register_forward_pre_hook(self._hook(len(layers)))

    def _hook(self, layers: int) -> Callable[[torch.nn.Module, Any], None]:
        def hook(module: torch.nn.Module, inputs: Any) -> None:  # noqa: ARG001 - torch's signature
            with self._lock:
                if self._tick is not None:
                    self._tick(min(1.0, self._layers_begun / (layers * self._windows)))
                self._layers_begun += 1

        return hook

    def _precision(self, index: int) -> AbstractContextManager[Any]:
        if self.precision == "fp32" or not lean.halves(self._fp32[index]):
            return nullcontext()
        dtype = torch.bfloat16 if self.precision == "bf16" else torch.float16
        context: AbstractContextManager[Any] = torch.autocast(self.device, dtype)
        return context

    def _fitting(self, frames: int) -> int:
        if self.device == "cuda":
            free, _ = torch.cuda.mem_get_info()
            return _clamped(free // 2 // (frames * _BYTES_PER_FRAME), _BATCH_LIMIT)
        if self.device == "cpu":
            free = psutil.virtual_memory().available
            self._side_by_side = _clamped(
                free // 2 // (frames * _BYTES_PER_FRAME), min(self._threads, _SIDE_BY_SIDE)
            )
            return self._side_by_side
        return 1


def _clamped(value: int, limit: int) -> int:
    return max(1, min(limit, value))


def _layers(module: torch.nn.Module) -> Iterator[torch.nn.Module]:
    for name in _LAYERS:
        found: Any = module
        for part in name.split("."):
            found = getattr(found, part, None)
        if isinstance(found, torch.nn.ModuleList):
            yield from found


def _out_of_memory(error: Exception) -> bool:
    text = str(error).lower()
    return (
        isinstance(error, torch.OutOfMemoryError) or "out of memory" in text or "can't allocate memory" in text
    )


def _unsupported(error: Exception) -> bool:
    return isinstance(error, NotImplementedError) or "not implemented for" in str(error)


@contextmanager
def _attention_as_written() -> Iterator[None]:
    """Without torch's fused encoder layer, whose attention writes the whole matrix out: slower on every CPU."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)
