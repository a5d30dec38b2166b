#!/usr/bin/env python3
"""Measures what an accelerator does: matmul, bandwidth, attention, a synthetic decoder, power.

Needs Python 3.9 and PyTorch 2.1 or newer, in its CUDA or its ROCm build; nothing else. Power is what the driver reports through NVML (pynvml),
nvidia-smi, amd-smi or rocm-smi, whichever is there. Writes one JSON document (rigor.measurement/1, docs/own-measurements.md) to stdout or
to -o FILE, progress to stderr. Sends nothing anywhere.

    python3 measure.py -o h100.json && rigor calibrate add h100.json
    python3 measure.py --quick --only matmul,power
    python3 measure.py --cpu --quick        tries the script out without a GPU
"""

from __future__ import annotations

import argparse
import csv
import datetime
import json
import math
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

SCHEMA = "rigor.measurement/1"
VERSION = 1
SECTIONS = ("matmul", "bandwidth", "attention", "decoder", "power")
MIB = 1 << 20
GIB = 1 << 30

# ---- pure parts: no torch, no device (test_measure.py)


def median(values):
    """The middle value, or the mean of the two in the middle."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def quantile(values, share):
    """The share-quantile with linear interpolation."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    at = share * (len(ordered) - 1)
    low = math.floor(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def spread(values):
    """Median and 10th and 90th percentile of repeated measurements."""
    return {"median": median(values), "p10": quantile(values, 0.1), "p90": quantile(values, 0.9), "repeats": len(values)}


def number(text):
    """A figure of a driver's tool: "350.00 W" -> 350.0; "[N/A]" and the like -> None."""
    match = re.match(r"^\s*(-?\d+(?:\.\d+)?)", str(text))
    return float(match.group(1)) if match else None


NVIDIA_FIELDS = (
    "index", "uuid", "pci.bus_id", "name", "driver_version", "power.draw", "power.limit", "power.default_limit",
    "clocks.sm", "clocks.mem", "clocks.max.sm", "clocks.max.mem", "temperature.gpu",
)


def parse_nvidia_smi(text):
    """Lines of `nvidia-smi --query-gpu=… --format=csv,noheader,nounits` -> one reading per GPU."""
    readings = []
    for row in csv.reader(text.splitlines(), skipinitialspace=True):
        if len(row) != len(NVIDIA_FIELDS):
            continue
        fields = dict(zip(NVIDIA_FIELDS, (cell.strip() for cell in row)))
        index = number(fields["index"])
        if index is None:
            continue
        readings.append({
            "index": int(index),
            "uuid": fields["uuid"],
            "bus": normal_bus(fields["pci.bus_id"]),
            "name": fields["name"],
            "driver": fields["driver_version"],
            "watts": number(fields["power.draw"]),
            "powerLimitWatts": number(fields["power.limit"]),
            "defaultPowerLimitWatts": number(fields["power.default_limit"]),
            "coreMhz": number(fields["clocks.sm"]),
            "memoryMhz": number(fields["clocks.mem"]),
            "maximumCoreMhz": number(fields["clocks.max.sm"]),
            "maximumMemoryMhz": number(fields["clocks.max.mem"]),
            "temperatureCelsius": number(fields["temperature.gpu"]),
        })
    return readings


def normal_bus(text):
    """PCI addresses are written with a domain of four or of eight digits, in either case."""
    match = re.match(r"^(?:([0-9a-fA-F]+):)?([0-9a-fA-F]{2}):([0-9a-fA-F]{2})", text or "")
    return None if match is None else f"{int(match.group(1) or '0', 16):04x}:{match.group(2)}:{match.group(3)}".lower()


def dig(value, *names):
    """The value at a path of keys, each in any of its spellings; figures with units come as {"value": …}."""
    for name in names:
        if not isinstance(value, dict):
            return None
        spellings = name if isinstance(name, tuple) else (name,)
        value = next((value[spelling] for spelling in spellings if spelling in value), None)
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    return None if value in (None, "N/A") else value


def parse_amd_smi(text):
    """`amd-smi metric --json`: a list of GPUs, or {"gpu_data": […]} in newer versions."""
    document = json.loads(text)
    entries = document.get("gpu_data", []) if isinstance(document, dict) else document
    readings = []
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        core = dig(entry, "clock", ("gfx_0", "gfx"), "clk")
        memory = dig(entry, "clock", ("mem_0", "mem"), "clk")
        readings.append({
            "index": int(number(entry.get("gpu", len(readings))) or 0),
            "uuid": None,
            "bus": normal_bus(str(entry.get("bdf", ""))),
            "name": None,
            "driver": None,
            "watts": number(dig(entry, "power", ("socket_power", "current_socket_power", "average_socket_power"))),
            "powerLimitWatts": number(dig(entry, "power", ("power_limit", "max_power_limit"))),
            "defaultPowerLimitWatts": None,
            "coreMhz": number(core),
            "memoryMhz": number(memory),
            "maximumCoreMhz": number(dig(entry, "clock", ("gfx_0", "gfx"), "max_clk")),
            "maximumMemoryMhz": number(dig(entry, "clock", ("mem_0", "mem"), "max_clk")),
            "temperatureCelsius": number(dig(entry, "temperature", ("hotspot", "edge"))),
        })
    return readings


def parse_rocm_smi(text):
    """`rocm-smi --showpower --showmaxpower --showtemp --showbus --json`: one object per card."""
    document = json.loads(text)
    readings = []
    for card, entry in sorted(document.items()):
        match = re.match(r"^card(\d+)$", card)
        if match is None or not isinstance(entry, dict):
            continue

        def find(*words):
            return next((value for key, value in entry.items() if all(word in key.lower() for word in words)), None)

        power = next((value for value in (find("current", "power"), find("average", "power")) if value is not None), None)
        readings.append({
            "index": int(match.group(1)),
            "uuid": None,
            "bus": normal_bus(str(find("pci", "bus") or "")),
            "name": None,
            "driver": None,
            "watts": number(power),
            "powerLimitWatts": number(find("max", "power")),
            "defaultPowerLimitWatts": None,
            "coreMhz": None,
            "memoryMhz": None,
            "maximumCoreMhz": None,
            "maximumMemoryMhz": None,
            "temperatureCelsius": number(find("temperature", "junction") or find("temperature", "edge")),
        })
    return readings


def reading_of(readings, index, uuid, bus, visible):
    """The reading of the device that torch calls `index`: by its id, its bus, or its place among the visible ones."""
    if uuid:
        for reading in readings:
            if reading["uuid"] and (reading["uuid"] == uuid or reading["uuid"].endswith(uuid)):
                return reading
    if bus:
        for reading in readings:
            if reading["bus"] == bus:
                return reading
    names = [name.strip() for name in visible.split(",")] if visible else None
    wanted = names[index] if names is not None and index < len(names) else str(index)
    for reading in readings:
        if str(reading["index"]) == wanted or (reading["uuid"] or "").startswith(wanted):
            return reading
    return None


def sections_of(text):
    """`matmul,power` -> the sections in the order they run."""
    if text is None:
        return list(SECTIONS)
    wanted = [word.strip().lower() for word in text.split(",") if word.strip()]
    unknown = [word for word in wanted if word not in SECTIONS]
    if unknown or not wanted:
        raise argparse.ArgumentTypeError(f"{unknown[0] if unknown else text!r} is none of {', '.join(SECTIONS)}")
    return [section for section in SECTIONS if section in wanted]


def arguments(argv):
    parser = argparse.ArgumentParser(prog="measure.py", description=__doc__.split("\n\n")[0], epilog="The JSON is read by: rigor calibrate add FILE")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the JSON here instead of to stdout")
    parser.add_argument("--only", type=sections_of, default=list(SECTIONS), metavar="LIST", help=f"some of {', '.join(SECTIONS)}, separated by commas")
    parser.add_argument("--quick", action="store_true", help="fewer shapes and repeats: about a minute instead of ten")
    parser.add_argument("--device", type=int, default=0, metavar="N", help="which GPU, as PyTorch counts them (default 0)")
    parser.add_argument("--cpu", action="store_true", help="run on the processor, to try the script out; says nothing about a GPU")
    options = parser.parse_args(argv)
    if options.device < 0:
        parser.error("--device counts from 0")
    return options


def matmul_flops(m, n, k):
    return 2.0 * m * n * k


def attention_flops(batch, heads, queries, context, head_dim, causal):
    """Scores and their weighted sum; under a causal mask each query sees half of the context on average."""
    return 4.0 * batch * heads * queries * context * head_dim * (0.5 if causal else 1.0)


def decoder_parameters(shape):
    """Weights of a Llama-shaped decoder with untied embeddings, norms left out."""
    attention = shape["hidden"] * shape["headDim"] * (2 * shape["heads"] + 2 * shape["kvHeads"])
    return shape["layers"] * (attention + 3 * shape["hidden"] * shape["intermediate"]) + 2 * shape["vocab"] * shape["hidden"]


def decoder_read_parameters(shape):
    """Those that one step reads: all but the embedding, of which it looks up a row."""
    return decoder_parameters(shape) - shape["vocab"] * shape["hidden"]


def decoder_flops(shape, batch, tokens, context, causal):
    """`tokens` of each of `batch` sequences through the layers, and the last of each through the head, as servers do it."""
    head = shape["vocab"] * shape["hidden"]
    layers = 2.0 * (decoder_read_parameters(shape) - head) * batch * tokens
    return layers + 2.0 * head * batch + shape["layers"] * attention_flops(batch, shape["heads"], tokens, context, shape["headDim"], causal)


DECODERS = (
    {"name": "llama-8b-shape", "layers": 32, "hidden": 4096, "intermediate": 14336, "heads": 32, "kvHeads": 8, "headDim": 128, "vocab": 128256},
    {"name": "llama-3b-shape", "layers": 28, "hidden": 3072, "intermediate": 8192, "heads": 24, "kvHeads": 8, "headDim": 128, "vocab": 128256},
    {"name": "llama-1b-shape", "layers": 16, "hidden": 2048, "intermediate": 8192, "heads": 32, "kvHeads": 8, "headDim": 64, "vocab": 128256},
    {"name": "tiny", "layers": 4, "hidden": 512, "intermediate": 1408, "heads": 8, "kvHeads": 4, "headDim": 64, "vocab": 4096},
)


def decoder_that_fits(free_bytes, bytes_per_parameter=2, share=0.6):
    """The largest shape whose weights leave room for a cache; None where not even the smallest does."""
    return next((shape for shape in DECODERS if decoder_parameters(shape) * bytes_per_parameter <= free_bytes * share), None)


def cache_bytes(shape, batch, context, bytes_per_element=2):
    return 2.0 * shape["layers"] * shape["kvHeads"] * shape["headDim"] * batch * context * bytes_per_element


def new_document(options, now):
    return {
        "schema": SCHEMA,
        "tool": {"name": "measure.py", "version": VERSION},
        "measuredAt": now.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "complete": False,
        "quick": options.quick,
        "sections": options.only,
        "host": {"system": platform.system(), "machine": platform.machine(), "python": platform.python_version(), "processors": os.cpu_count()},
        "software": {},
        "device": {},
        "devices": 0,
        "matmul": [],
        "bandwidth": [],
        "attention": [],
        "decoder": [],
        "power": [],
        "skipped": [],
    }


def finite(value):
    """JSON has no NaN and no infinity: null stands for what could not be measured. Floats keep six digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(entry) for entry in value]
    return value


def to_json(document):
    return json.dumps(finite(document), indent=1, allow_nan=False) + "\n"


def write_atomically(path, text):
    folder = os.path.dirname(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(prefix=".measure-", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


class Failure(Exception):
    """What the user can do something about: printed without a stack."""


def say(text):
    print(text, file=sys.stderr, flush=True)


# ---- the driver's own figures

VISIBLE = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES")


def run_tool(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


class Driver:
    """Reads power and clocks of all GPUs by the first tool that answers."""

    def __init__(self):
        self.source = None
        self.nvml = None
        try:
            import pynvml

            pynvml.nvmlInit()
            self.nvml = pynvml
            self.source = "nvml"
        except Exception:  # noqa: BLE001 -- absent, or no NVIDIA driver
            for name in ("nvidia-smi", "amd-smi", "rocm-smi"):
                if shutil.which(name) and self._read(name):
                    self.source = name
                    break

    def readings(self):
        return self._read(self.source) if self.source else []

    def _read(self, source):
        try:
            if source == "nvml":
                return [self._nvml(index) for index in range(self.nvml.nvmlDeviceGetCount())]
            if source == "nvidia-smi":
                text = run_tool(["nvidia-smi", f"--query-gpu={','.join(NVIDIA_FIELDS)}", "--format=csv,noheader,nounits"])
                return parse_nvidia_smi(text or "")
            if source == "amd-smi":
                text = run_tool(["amd-smi", "metric", "--power", "--clock", "--temperature", "--json"])
                return parse_amd_smi(text) if text else []
            text = run_tool(["rocm-smi", "--showpower", "--showmaxpower", "--showtemp", "--showbus", "--json"])
            return parse_rocm_smi(text) if text else []
        except Exception:  # noqa: BLE001 -- a tool that answers otherwise than expected is a tool less
            return []

    def _nvml(self, index):
        nvml = self.nvml
        handle = nvml.nvmlDeviceGetHandleByIndex(index)

        def ask(name, *more, scale=1.0):
            try:
                value = getattr(nvml, name)(handle, *more)
            except Exception:  # noqa: BLE001 -- not on this board
                return None
            return value * scale if isinstance(value, (int, float)) else value

        def text(value):
            return value.decode() if isinstance(value, bytes) else value

        def driver():
            try:
                return text(nvml.nvmlSystemGetDriverVersion())
            except Exception:  # noqa: BLE001
                return None

        bus = ask("nvmlDeviceGetPciInfo")
        return {
            "index": index,
            "uuid": text(ask("nvmlDeviceGetUUID")),
            "bus": normal_bus(text(bus.busId)) if bus is not None else None,
            "name": text(ask("nvmlDeviceGetName")),
            "driver": driver(),
            "watts": ask("nvmlDeviceGetPowerUsage", scale=1e-3),
            "powerLimitWatts": ask("nvmlDeviceGetEnforcedPowerLimit", scale=1e-3),
            "defaultPowerLimitWatts": ask("nvmlDeviceGetPowerManagementDefaultLimit", scale=1e-3),
            "coreMhz": ask("nvmlDeviceGetClockInfo", 1),
            "memoryMhz": ask("nvmlDeviceGetClockInfo", 2),
            "maximumCoreMhz": ask("nvmlDeviceGetMaxClockInfo", 1),
            "maximumMemoryMhz": ask("nvmlDeviceGetMaxClockInfo", 2),
            "temperatureCelsius": ask("nvmlDeviceGetTemperature", 0),
        }


class Sampler(threading.Thread):
    """Reads the driver every tenth of a second until told to stop."""

    def __init__(self, read, every=0.1):
        super().__init__(daemon=True)
        self.read = read
        self.every = every
        self.samples = []
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            reading = self.read()
            if reading is not None and reading.get("watts") is not None:
                self.samples.append(reading)
            self.stopped.wait(self.every)

    def settled(self):
        """The samples without the first third: drivers average over a second, clocks and fans settle."""
        self.stopped.set()
        self.join(30)
        return self.samples[len(self.samples) // 3:]


# ---- measuring


class Bench:
    """One device, and how to time work on it."""

    def __init__(self, torch, options, document, driver):
        self.torch = torch
        self.options = options
        self.document = document
        self.driver = driver
        self.on_gpu = not options.cpu
        self.device = torch.device(f"cuda:{options.device}" if self.on_gpu else "cpu")
        self.uuid = None
        self.bus = None
        # Cards before Ampere emulate bf16.
        native = options.cpu or bool(getattr(torch.version, "hip", None)) or torch.cuda.get_device_capability(self.device)[0] >= 8
        self.precision, self.dtype = ("bf16", torch.bfloat16) if native else ("fp16", torch.float16)

    def synchronize(self):
        if self.on_gpu:
            self.torch.cuda.synchronize(self.device)

    def free_bytes(self):
        if self.on_gpu:
            return self.torch.cuda.mem_get_info(self.device)[0]
        return 2 * GIB

    def empty_cache(self):
        if self.on_gpu:
            self.torch.cuda.empty_cache()

    def elapsed(self, work, times):
        """Seconds of `times` runs one behind the other, on the device's own clock where it has one."""
        torch = self.torch
        if self.on_gpu:
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            start.record()
            for _ in range(times):
                work()
            end.record()
            end.synchronize()
            return start.elapsed_time(end) / 1e3
        begin = time.perf_counter()
        for _ in range(times):
            work()
        return time.perf_counter() - begin

    def time(self, work):
        """Seconds of one run: warmed up, in batches long enough for the clock, the median of repeats with its spread."""
        quick = self.options.quick
        warm, shortest, repeats, budget = (0.1, 0.01, 5, 1.0) if quick else (0.3, 0.02, 15, 4.0)
        if not self.on_gpu:
            warm, budget = 0.02, 0.3
        begin = time.perf_counter()
        runs = 0
        while runs < 2 or time.perf_counter() - begin < warm:
            work()
            runs += 1
            self.synchronize()
            if time.perf_counter() - begin > 10 * warm + budget:
                break
        once = max(self.elapsed(work, 1), 1e-7)
        times = max(1, min(1000, math.ceil(shortest / once)))
        samples = []
        begin = time.perf_counter()
        while len(samples) < repeats and (len(samples) < 3 or time.perf_counter() - begin < budget):
            samples.append(self.elapsed(work, times) / times)
        return spread(samples)

    def reading(self, readings=None):
        found = self.driver.readings() if readings is None else readings
        visible = next((os.environ[name] for name in VISIBLE if os.environ.get(name)), "")
        return reading_of(found, self.options.device, self.uuid, self.bus, visible)

    def skip(self, section, reason):
        say(f"  left out: {reason}")
        self.document["skipped"].append({"section": section, "reason": reason[:300]})

    def attempt(self, section, what, work):
        """A shape that does not fit, or that this build does not know, costs itself only."""
        try:
            work()
        except Exception as error:  # noqa: BLE001 -- whatever this build or this device cannot do
            first = str(error).strip().splitlines()
            self.skip(section, f"{what}: {first[0] if first else type(error).__name__}")
        self.empty_cache()

    # -- matmul

    def matmul(self):
        torch, quick = self.torch, self.options.quick
        if self.on_gpu:
            sizes = (4096, 8192) if quick else (1024, 2048, 4096, 8192, 16384)
            shapes = [(size, size, size) for size in sizes]
            # A layer of a language model over 8,192 tokens: into the MLP and out of it; and the same for a few sequences of a decode step.
            shapes += [(8192, 14336, 4096), (8192, 4096, 14336)] + ([] if quick else [(32, 14336, 4096), (256, 14336, 4096)])
            precisions = ("bf16", "fp16", "fp8") if quick else ("fp32", "tf32", "fp16", "bf16", "fp8", "int8")
        else:
            shapes = [(256, 256, 256), (512, 512, 512)] if quick else [(256, 256, 256), (1024, 1024, 1024)]
            precisions = ("fp32", "bf16")
        for precision in precisions:
            for m, n, k in shapes:
                self.attempt("matmul", f"{precision} {m}×{n}×{k}", lambda: self.one_matmul(torch, precision, m, n, k))

    def one_matmul(self, torch, precision, m, n, k):
        device = self.device
        # Random numbers: of zeros the hardware switches few transistors, and clocks stay higher than they ever do at work.
        left = torch.randn(m, k, device=device, dtype=torch.float32)
        right = torch.randn(n, k, device=device, dtype=torch.float32)
        before = torch.backends.cuda.matmul.allow_tf32
        try:
            torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
            if precision == "fp8":
                dtype = self.fp8()
                a, b = left.to(dtype), right.to(dtype).t()
                one = torch.ones((), device=device)
                run = lambda: torch._scaled_mm(a, b, scale_a=one, scale_b=one, out_dtype=torch.bfloat16)  # noqa: E731
            elif precision == "int8":
                a, b = (left * 16).clamp(-127, 127).to(torch.int8), (right * 16).clamp(-127, 127).to(torch.int8).t()
                run = lambda: torch._int_mm(a, b)  # noqa: E731
            else:
                dtype = {"fp32": torch.float32, "tf32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[precision]
                a, b = left.to(dtype), right.to(dtype).t()
                out = torch.empty(m, n, device=device, dtype=dtype)
                run = lambda: torch.matmul(a, b, out=out)  # noqa: E731
            del left, right
            seconds = self.time(run)
        finally:
            torch.backends.cuda.matmul.allow_tf32 = before
        rate = matmul_flops(m, n, k) / seconds["median"]
        say(f"  {precision:5} {m}×{n}×{k}: {rate / 1e12:.4g} TFLOP/s")
        self.document["matmul"].append({"precision": precision, "m": m, "n": n, "k": k, "seconds": seconds, "flopsPerSecond": rate})

    def fp8(self):
        torch = self.torch
        # CDNA 3 has the variant without negative zero.
        amd = getattr(torch.version, "hip", None) and "gfx94" in str(getattr(torch.cuda.get_device_properties(self.device), "gcnArchName", ""))
        dtype = getattr(torch, "float8_e4m3fnuz" if amd else "float8_e4m3fn", None)
        if dtype is None or not hasattr(torch, "_scaled_mm"):
            raise RuntimeError("this PyTorch has no fp8 matmul")
        return dtype

    # -- bandwidth

    def bandwidth(self):
        torch, quick = self.torch, self.options.quick
        most = min(4 * GIB, int(self.free_bytes() * 0.25)) if self.on_gpu else 64 * MIB
        sizes = [size for size in ((64 * MIB, 1 * GIB) if quick else (1 * MIB, 16 * MIB, 64 * MIB, 256 * MIB, 1 * GIB, 4 * GIB)) if size <= most] or [most]
        for size in sizes:
            self.attempt("bandwidth", f"copy of {size} bytes", lambda: self.copy_and_read(torch, size))
        if self.on_gpu:
            for size in [size for size in (16 * MIB, 256 * MIB, GIB) if size <= most and not (quick and size == GIB)]:
                self.attempt("bandwidth", f"host copy of {size} bytes", lambda: self.host_copies(torch, size))
            count = torch.cuda.device_count()
            if count > 1:
                self.attempt("bandwidth", "device to device", lambda: self.peer_copy(torch, min(most, 256 * MIB), count))
                self.attempt("bandwidth", "all-reduce", lambda: self.all_reduce(count))
        else:
            self.attempt("bandwidth", "all-reduce", lambda: self.all_reduce(2))

    def add_bandwidth(self, what, size, moved, seconds, devices=1):
        rate = moved / seconds["median"]
        say(f"  {what:14} {size / MIB:.0f} MiB: {rate / 1e9:.4g} GB/s")
        self.document["bandwidth"].append({"what": what, "bytes": size, "devices": devices, "seconds": seconds, "bytesPerSecond": rate})

    def copy_and_read(self, torch, size):
        source = torch.randint(0, 255, (size,), device=self.device, dtype=torch.uint8)
        target = torch.empty_like(source)
        # A copy reads and writes each byte.
        self.add_bandwidth("copy", size, 2 * size, self.time(lambda: target.copy_(source)))
        words = torch.ones(size // 4, device=self.device, dtype=torch.float32)
        self.add_bandwidth("read", size, size, self.time(lambda: words.sum()))

    def host_copies(self, torch, size):
        device = torch.empty(size, device=self.device, dtype=torch.uint8)
        host = torch.empty(size, dtype=torch.uint8, pin_memory=True)
        self.add_bandwidth("host-to-device", size, size, self.time(lambda: device.copy_(host, non_blocking=True)))
        self.add_bandwidth("device-to-host", size, size, self.time(lambda: host.copy_(device, non_blocking=True)))

    def peer_copy(self, torch, size, count):
        other = next(index for index in range(count) if index != self.options.device)
        source = torch.empty(size, device=self.device, dtype=torch.uint8)
        target = torch.empty(size, device=f"cuda:{other}", dtype=torch.uint8)
        self.add_bandwidth("device-to-device", size, size, self.time(lambda: target.copy_(source, non_blocking=True)), 2)

    def all_reduce(self, count):
        torch = self.torch
        if not torch.distributed.is_available():
            raise RuntimeError("this PyTorch has no torch.distributed")
        sizes = ((1 * MIB, 64 * MIB) if self.options.quick else (64 << 10, 1 * MIB, 16 * MIB, 256 * MIB)) if self.on_gpu else (1 * MIB,)
        with tempfile.TemporaryDirectory(prefix="measure-") as folder:
            results = torch.multiprocessing.get_context("spawn").SimpleQueue()
            torch.multiprocessing.spawn(all_reduce_worker, args=(count, self.on_gpu, sizes, 5 if self.options.quick else 15, os.path.join(folder, "meet"), results), nprocs=count, join=True)
            for size, samples in results.get():
                # Bus bandwidth, as nccl-tests has it: what each link carries, 2·(n − 1)/n of the buffer.
                self.add_bandwidth("all-reduce", size, size * 2 * (count - 1) / count, spread(samples), count)

    # -- attention

    def attention(self):
        quick = self.options.quick
        if self.on_gpu:
            prefill = [(1, 4096)] if quick else [(1, 1024), (1, 4096), (1, 16384), (8, 2048)]
            decode = [(32, 4096)] if quick else [(1, 4096), (32, 1024), (32, 4096), (128, 2048)]
            heads = (32, 8, 128)
        else:
            prefill, decode, heads = [(1, 128)], [(2, 256)], (8, 4, 64)
        for phase, shapes in (("prefill", prefill), ("decode", decode)):
            for batch, length in shapes:
                self.attempt("attention", f"{phase} {batch}×{length}", lambda: self.one_attention(phase, batch, length, *heads))

    def one_attention(self, phase, batch, length, heads, kv_heads, head_dim):
        torch, dtype = self.torch, self.dtype
        queries = length if phase == "prefill" else 1
        make = lambda count, tokens: torch.randn(batch, count, tokens, head_dim, device=self.device, dtype=dtype)  # noqa: E731
        q, k, v = make(heads, queries), make(kv_heads, length), make(kv_heads, length)
        attend = grouped_attention(torch, heads // kv_heads)
        with torch.inference_mode():
            seconds = self.time(lambda: attend(q, k, v, phase == "prefill"))
        flops = attention_flops(batch, heads, queries, length, head_dim, phase == "prefill")
        moved = 2.0 * (2 * batch * kv_heads * length * head_dim + 2 * batch * heads * queries * head_dim)
        say(f"  {phase:7} {batch}×{length}: {flops / seconds['median'] / 1e12:.4g} TFLOP/s, {moved / seconds['median'] / 1e9:.4g} GB/s")
        self.document["attention"].append({
            "phase": phase, "precision": self.precision, "batch": batch, "heads": heads, "kvHeads": kv_heads, "headDim": head_dim, "queryTokens": queries, "contextTokens": length,
            "seconds": seconds, "flopsPerSecond": flops / seconds["median"], "bytesPerSecond": moved / seconds["median"],
        })

    # -- a synthetic decoder

    def decoder(self):
        quick = self.options.quick
        shape = DECODERS[-1] if not self.on_gpu else DECODERS[2] if quick and decoder_that_fits(self.free_bytes()) in DECODERS[:3] else decoder_that_fits(self.free_bytes())
        if shape is None:
            return self.skip("decoder", "no shape fits the free memory")
        say(f"  {shape['name']}: {decoder_parameters(shape) / 1e9:.3g} billion random weights in {self.precision}")
        prefill = [(1, 2048)] if quick else [(1, 512), (1, 2048), (1, 8192), (4, 2048)]
        decode = [(1, 1024), (32, 1024)] if quick else [(1, 1024), (8, 1024), (32, 1024), (128, 1024), (32, 4096)]
        if not self.on_gpu:
            prefill, decode = [(1, 64)], [(1, 128), (4, 128)]
        try:
            model = Decoder(self.torch, shape, self.device, self.dtype)
        except RuntimeError as error:
            return self.skip("decoder", str(error).splitlines()[0])
        for batch, tokens in prefill:
            self.attempt("decoder", f"prefill {batch}×{tokens}", lambda: self.one_prefill(model, shape, batch, tokens))
        for batch, context in decode:
            if cache_bytes(shape, batch, context) > self.free_bytes() * 0.8:
                self.skip("decoder", f"decode {batch}×{context}: the cache does not fit")
                continue
            self.attempt("decoder", f"decode {batch}×{context}", lambda: self.one_decode(model, shape, batch, context))
        return None

    def add_decoder(self, shape, phase, batch, context, tokens, graph, seconds, moved):
        flops = decoder_flops(shape, batch, tokens // batch, context, phase == "prefill")
        rate = tokens / seconds["median"]
        say(f"  {phase:7} {batch}×{context}{' (graph)' if graph else ''}: {rate:.4g} tokens/s")
        self.document["decoder"].append({
            "phase": phase, "precision": self.precision, "model": {**shape, "parameters": decoder_parameters(shape)}, "batch": batch, "contextTokens": context, "graph": graph,
            "seconds": seconds, "tokensPerSecond": rate, "flopsPerSecond": flops / seconds["median"], "bytesPerSecond": moved / seconds["median"],
        })

    def one_prefill(self, model, shape, batch, tokens):
        torch = self.torch
        ids = torch.randint(0, shape["vocab"], (batch, tokens), device=self.device)
        with torch.inference_mode():
            seconds = self.time(lambda: model.prefill(ids))
        self.add_decoder(shape, "prefill", batch, tokens, batch * tokens, False, seconds, 2.0 * decoder_read_parameters(shape))

    def one_decode(self, model, shape, batch, context):
        torch = self.torch
        with torch.inference_mode():
            state = model.decode_state(batch, context)
            step = lambda: model.decode(state)  # noqa: E731
            graph = None
            if self.on_gpu and hasattr(torch.cuda, "CUDAGraph"):
                graph = capture(torch, step)
            seconds = self.time(graph.replay if graph is not None else step)
        self.add_decoder(shape, "decode", batch, context, batch, graph is not None, seconds, 2.0 * decoder_read_parameters(shape) + cache_bytes(shape, batch, context))

    # -- power

    def power(self, idle):
        if self.driver.source is None:
            return self.skip("power", "no tool that reads it: neither pynvml nor nvidia-smi, amd-smi or rocm-smi answered")
        if not self.on_gpu:
            return self.skip("power", "--cpu: a processor's draw is not measured")
        if idle:
            self.add_power("idle", idle)
        torch, seconds = self.torch, 6 if self.options.quick else 20
        size = min(GIB, int(self.free_bytes() * 0.2))
        side = 8192
        source = torch.randint(0, 255, (size,), device=self.device, dtype=torch.uint8)
        target = torch.empty_like(source)
        left, right = (torch.randn(side, side, device=self.device, dtype=self.dtype) for _ in range(2))
        out = torch.empty_like(left)
        compute, memory = lambda: torch.matmul(left, right, out=out), lambda: target.copy_(source)  # noqa: E731
        time.sleep(3)
        self.sample("idle-with-context", None, seconds / 2)
        self.sample("memory", [memory], seconds)
        self.sample("compute", [compute], seconds)
        self.sample("mixed", [compute, memory], seconds)
        return None

    def sample(self, load, work, seconds):
        sampler = Sampler(self.reading)
        sampler.start()
        begin = time.perf_counter()
        while time.perf_counter() - begin < seconds:
            if work is None:
                time.sleep(0.1)
                continue
            for each in work:
                for _ in range(10):
                    each()
            self.synchronize()
        self.add_power(load, sampler.settled())

    def add_power(self, load, samples):
        if not samples:
            return self.skip("power", f"{load}: the driver gave no watts")
        entry = {"load": load, "source": self.driver.source, "watts": spread([sample["watts"] for sample in samples])}
        for name in ("coreMhz", "memoryMhz", "temperatureCelsius"):
            known = [sample[name] for sample in samples if sample.get(name) is not None]
            if known:
                entry[name] = median(known)
        say(f"  {load:17} {entry['watts']['median']:.4g} W")
        self.document["power"].append(entry)
        return None


def grouped_attention(torch, group):
    """scaled_dot_product_attention over grouped heads; older versions need the keys repeated."""
    attention = torch.nn.functional.scaled_dot_product_attention
    try:
        probe = torch.zeros(1, 2, 1, 8)
        attention(probe, probe[:, :1], probe[:, :1], enable_gqa=True)
        return lambda q, k, v, causal: attention(q, k, v, is_causal=causal, enable_gqa=group > 1)
    except (TypeError, RuntimeError):
        return lambda q, k, v, causal: attention(q, k.repeat_interleave(group, 1), v.repeat_interleave(group, 1), is_causal=causal)


def capture(torch, step):
    """The step as a graph of kernels that is launched at once; None where it cannot be captured."""
    try:
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            step()
        return graph
    except RuntimeError:
        torch.cuda.synchronize()
        return None


class Decoder:
    """A Llama-shaped decoder: RMS norm, rotary positions, grouped attention, gated MLP. Random weights: what it says is noise, what it costs is not."""

    def __init__(self, torch, shape, device, dtype):
        self.torch, self.shape, self.device, self.dtype = torch, shape, device, dtype
        hidden, head_dim, heads, kv_heads = shape["hidden"], shape["headDim"], shape["heads"], shape["kvHeads"]
        make = lambda *size: torch.randn(*size, device=device, dtype=dtype) * 0.02  # noqa: E731
        self.embedding, self.head = make(shape["vocab"], hidden), make(shape["vocab"], hidden)
        self.layers = [
            {
                "qkv": make((heads + 2 * kv_heads) * head_dim, hidden),
                "out": make(hidden, heads * head_dim),
                "up": make(2 * shape["intermediate"], hidden),
                "down": make(hidden, shape["intermediate"]),
            }
            for _ in range(shape["layers"])
        ]
        self.scale = torch.ones(hidden, device=device, dtype=dtype)
        self.attend = grouped_attention(torch, heads // kv_heads)
        inverse = 1.0 / (10000 ** (torch.arange(0, head_dim, 2, device=device, dtype=torch.float32) / head_dim))
        self.inverse = inverse

    def norm(self, x):
        wide = x.float()
        return (wide * (wide.pow(2).mean(-1, keepdim=True) + 1e-5).rsqrt()).to(x.dtype) * self.scale

    def rotate(self, x, positions):
        angles = positions[:, None] * self.inverse
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        even, odd = x[..., ::2], x[..., 1::2]
        return self.torch.stack((even * cos - odd * sin, even * sin + odd * cos), -1).flatten(-2)

    def project(self, layer, x, positions):
        shape = self.shape
        heads, kv_heads, head_dim = shape["heads"], shape["kvHeads"], shape["headDim"]
        batch, tokens, _ = x.shape
        mixed = self.torch.nn.functional.linear(self.norm(x), layer["qkv"]).view(batch, tokens, heads + 2 * kv_heads, head_dim).transpose(1, 2)
        q, k, v = mixed.split((heads, kv_heads, kv_heads), 1)
        return self.rotate(q, positions), self.rotate(k, positions), v

    def finish(self, layer, x, attended):
        linear, silu = self.torch.nn.functional.linear, self.torch.nn.functional.silu
        x = x + linear(attended.transpose(1, 2).flatten(-2), layer["out"])
        gate, up = linear(self.norm(x), layer["up"]).chunk(2, -1)
        return x + linear(silu(gate) * up, layer["down"])

    def prefill(self, ids):
        x = self.embedding[ids]
        positions = self.torch.arange(ids.shape[1], device=self.device, dtype=self.torch.float32)
        for layer in self.layers:
            q, k, v = self.project(layer, x, positions)
            x = self.finish(layer, x, self.attend(q, k, v, True))
        return self.torch.nn.functional.linear(self.norm(x[:, -1:]), self.head)

    def decode_state(self, batch, context):
        torch, shape = self.torch, self.shape
        make = lambda: torch.randn(batch, shape["kvHeads"], context, shape["headDim"], device=self.device, dtype=self.dtype)  # noqa: E731
        return {
            "ids": torch.randint(0, shape["vocab"], (batch, 1), device=self.device),
            "position": torch.full((1,), float(context - 1), device=self.device),
            "keys": [make() for _ in self.layers],
            "values": [make() for _ in self.layers],
        }

    def decode(self, state):
        """One token for each sequence: its key and value go into the last place of the cache, over which it attends."""
        x = self.embedding[state["ids"]]
        for layer, keys, values in zip(self.layers, state["keys"], state["values"]):
            q, k, v = self.project(layer, x, state["position"])
            keys[:, :, -1:].copy_(k)
            values[:, :, -1:].copy_(v)
            x = self.finish(layer, x, self.attend(q, keys, values, False))
        return self.torch.nn.functional.linear(self.norm(x), self.head)


def all_reduce_worker(rank, count, on_gpu, sizes, repeats, meeting, results):
    """One process of the all-reduce. They meet in a file; what sockets the libraries open stay on the loopback."""
    for name in ("NCCL_SOCKET_IFNAME", "GLOO_SOCKET_IFNAME", "RCCL_SOCKET_IFNAME"):
        os.environ[name] = "lo"
    import torch
    import torch.distributed as distributed

    device = torch.device(f"cuda:{rank}" if on_gpu else "cpu")
    if on_gpu:
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if on_gpu else "gloo", init_method=f"file://{meeting}", rank=rank, world_size=count, timeout=datetime.timedelta(seconds=120))
    measured = []
    try:
        for size in sizes:
            buffer = torch.ones(size // 2, device=device, dtype=torch.bfloat16)
            samples = []
            for turn in range(repeats + 3):
                distributed.barrier()
                if on_gpu:
                    torch.cuda.synchronize()
                begin = time.perf_counter()
                distributed.all_reduce(buffer)
                if on_gpu:
                    torch.cuda.synchronize()
                if turn >= 3:
                    samples.append(time.perf_counter() - begin)
            measured.append((size, samples))
        if rank == 0:
            results.put(measured)
    finally:
        distributed.destroy_process_group()


# ---- the program


def load_torch(options):
    try:
        import torch
    except ImportError as error:
        raise Failure(f"PyTorch is not installed ({error}). Install the build for your GPU: https://pytorch.org/get-started/locally/") from error
    if options.cpu:
        return torch
    if not torch.cuda.is_available():
        build = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else f"built for ROCm {torch.version.hip}" if getattr(torch.version, "hip", None) else "built for the processor alone"
        raise Failure(f"PyTorch {torch.__version__} ({build}) sees no GPU. Check the driver, CUDA_VISIBLE_DEVICES and the build; --cpu tries the script out on the processor.")
    if options.device >= torch.cuda.device_count():
        raise Failure(f"There is no GPU {options.device}: PyTorch sees {torch.cuda.device_count()}, counted from 0.")
    return torch


def describe_software(torch):
    return {"torch": torch.__version__, "cuda": torch.version.cuda, "hip": getattr(torch.version, "hip", None)}


def describe_device(bench, readings):
    torch = bench.torch
    if not bench.on_gpu:
        return {"name": "CPU", "kind": "cpu", "memoryBytes": None}
    properties = torch.cuda.get_device_properties(bench.device)
    uuid = getattr(properties, "uuid", None)
    bench.uuid = str(uuid) if uuid is not None else None
    if hasattr(properties, "pci_bus_id") and hasattr(properties, "pci_domain_id"):
        bench.bus = f"{properties.pci_domain_id:04x}:{properties.pci_bus_id:02x}:{properties.pci_device_id:02x}"
    reading = bench.reading(readings) or {}
    return {
        "name": properties.name,
        "kind": "rocm" if getattr(torch.version, "hip", None) else "cuda",
        "memoryBytes": properties.total_memory,
        "multiprocessors": properties.multi_processor_count,
        "capability": f"{properties.major}.{properties.minor}",
        "driver": reading.get("driver"),
        "powerLimitWatts": reading.get("powerLimitWatts"),
        "defaultPowerLimitWatts": reading.get("defaultPowerLimitWatts"),
        "coreMhz": reading.get("coreMhz"),
        "memoryMhz": reading.get("memoryMhz"),
        "maximumCoreMhz": reading.get("maximumCoreMhz"),
        "maximumMemoryMhz": reading.get("maximumMemoryMhz"),
    }


def sample_idle(driver, options):
    """All GPUs before PyTorch has touched one: with a context open, most no longer go to sleep."""
    say("idle power, before PyTorch wakes the GPU")
    samples = []
    for _ in range(10 if options.quick else 30):
        samples.append(driver.readings())
        time.sleep(0.2)
    return samples


def measure(options, document):
    driver = Driver()
    first = driver.readings()
    idle = sample_idle(driver, options) if "power" in options.only and driver.source and not options.cpu else []
    torch = load_torch(options)
    bench = Bench(torch, options, document, driver)
    document["software"] = describe_software(torch)
    document["device"] = describe_device(bench, first)
    document["devices"] = 1 if options.cpu else torch.cuda.device_count()
    if bench.on_gpu:
        torch.cuda.set_device(bench.device)
    torch.manual_seed(1)
    say(f"{document['device']['name']}, PyTorch {torch.__version__}")
    for section in options.only:
        say(section)
        if section == "power":
            bench.power([reading for reading in (bench.reading(sample) for sample in idle) if reading is not None and reading.get("watts") is not None])
        else:
            getattr(bench, section)()
    document["complete"] = True


def main(argv=None):
    options = arguments(argv)
    document = new_document(options, datetime.datetime.now(datetime.timezone.utc))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = 0
    try:
        measure(options, document)
    except Failure as failure:
        say(f"Error: {failure}")
        return 2
    except KeyboardInterrupt:
        say("Interrupted: what was measured so far is written.")
        code = 130
    text = to_json(document)
    if options.output is None:
        sys.stdout.write(text)
    else:
        try:
            write_atomically(options.output, text)
        except OSError as error:
            say(f"Error: {options.output} cannot be written: {error.strerror}. The measurement goes to stdout instead.")
            sys.stdout.write(text)
            return 2
        say(f"Written to {options.output}. Take it in: rigor calibrate add {options.output}")
    return code


if __name__ == "__main__":
    sys.exit(main())
