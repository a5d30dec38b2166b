"""The parts of measure.py that need neither PyTorch nor a GPU: `python3 -m unittest` in this folder."""

import argparse
import contextlib
import datetime
import io
import json
import math
import os
import tempfile
import unittest
from unittest import mock

import measure


class Statistics(unittest.TestCase):
    def test_median_and_spread_of_repeats(self):
        self.assertEqual(measure.median([3, 1, 2]), 2)
        self.assertEqual(measure.median([4, 1, 2, 3]), 2.5)
        self.assertEqual(measure.quantile([0, 10], 0.25), 2.5)
        self.assertEqual(measure.spread([1.0] * 10 + [100.0]), {"median": 1.0, "p10": 1.0, "p90": 1.0, "repeats": 11})

    def test_nothing_measured_is_an_error(self):
        for function in (measure.median, lambda values: measure.quantile(values, 0.5)):
            with self.assertRaises(ValueError):
                function([])


class Work(unittest.TestCase):
    def test_flops_by_hand(self):
        self.assertEqual(measure.matmul_flops(2, 3, 4), 48)  # 6 results of 4 products and sums
        # 2 heads, 3 queries, 5 keys, 7 wide: scores 2·3·5·7 products and sums, and as many for the values
        self.assertEqual(measure.attention_flops(1, 2, 3, 5, 7, False), 4 * 210)
        self.assertEqual(measure.attention_flops(1, 2, 3, 5, 7, True), 2 * 210)

    def test_the_shape_of_8_billion_is_that(self):
        shape = measure.DECODERS[0]
        # Llama 3 8B has 8.030 billion, norms (0.27 million) included.
        self.assertAlmostEqual(measure.decoder_parameters(shape) / 1e9, 8.03, delta=0.001)
        self.assertEqual(measure.decoder_read_parameters(shape), measure.decoder_parameters(shape) - 128256 * 4096)

    def test_flops_of_a_decoder_are_two_per_weight_and_token(self):
        shape = {"layers": 1, "hidden": 2, "intermediate": 3, "heads": 1, "kvHeads": 1, "headDim": 2, "vocab": 5}
        body = 2 * 2 * 4 + 3 * 2 * 3
        self.assertEqual(measure.decoder_parameters(shape), body + 2 * 5 * 2)
        self.assertEqual(measure.decoder_flops(shape, 1, 1, 1, False), 2 * (body + 10) + 4 * 1 * 1 * 2)
        self.assertEqual(measure.decoder_flops(shape, 1, 4, 4, True), 2 * (body * 4 + 10) + 0.5 * 4 * 4 * 4 * 2)

    def test_cache_by_hand(self):
        # 32 layers × 8 heads × 128 × (key and value) × 2 bytes = 128 KiB a token
        self.assertEqual(measure.cache_bytes(measure.DECODERS[0], 1, 1), 131072)

    def test_the_largest_shape_that_leaves_room(self):
        self.assertEqual(measure.decoder_that_fits(80 << 30)["name"], "llama-8b-shape")
        self.assertEqual(measure.decoder_that_fits(16 << 30)["name"], "llama-3b-shape")
        self.assertIsNone(measure.decoder_that_fits(1 << 20))


class Drivers(unittest.TestCase):
    def test_nvidia_smi(self):
        text = "0, GPU-1b2c, 00000000:17:00.0, NVIDIA H100 PCIe, 550.54.15, 48.21, 350.00, 350.00, 345, 1593, 1755, 1593, 33\n1, GPU-9f, 00000000:65:00.0, NVIDIA GeForce RTX 4090, 550.54.15, [N/A], 450.00, 450.00, 210, 405, 3105, 10501, 41\n"
        first, second = measure.parse_nvidia_smi(text)
        self.assertEqual(first["name"], "NVIDIA H100 PCIe")
        self.assertEqual((first["watts"], first["powerLimitWatts"], first["coreMhz"], first["bus"]), (48.21, 350.0, 345.0, "0000:17:00"))
        self.assertIsNone(second["watts"])

    def test_nvidia_smi_without_a_driver(self):
        self.assertEqual(measure.parse_nvidia_smi("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."), [])
        self.assertEqual(measure.parse_nvidia_smi(""), [])

    def test_amd_smi_in_both_of_its_forms(self):
        gpu = {"gpu": 1, "power": {"socket_power": {"value": 137, "unit": "W"}}, "clock": {"gfx_0": {"clk": {"value": 132, "unit": "MHz"}, "max_clk": {"value": 2100, "unit": "MHz"}}}, "temperature": {"hotspot": {"value": 38, "unit": "C"}}}
        old = {"gpu": 1, "power": {"average_socket_power": "137 W"}, "clock": {"gfx_0": {"clk": "132 MHz", "max_clk": "2100 MHz"}}, "temperature": {"edge": "N/A"}}
        for document in ([gpu], {"gpu_data": [gpu]}, [old]):
            (reading,) = measure.parse_amd_smi(json.dumps(document))
            self.assertEqual((reading["index"], reading["watts"], reading["coreMhz"], reading["maximumCoreMhz"]), (1, 137.0, 132.0, 2100.0))

    def test_rocm_smi(self):
        text = json.dumps({"card0": {"Current Socket Graphics Package Power (W)": "139.0", "Max Graphics Package Power (W)": "750.0", "Temperature (Sensor junction) (C)": "41.0", "PCI Bus": "0000:05:00.0"}, "system": {"Driver version": "6.2"}})
        (reading,) = measure.parse_rocm_smi(text)
        self.assertEqual((reading["watts"], reading["powerLimitWatts"], reading["temperatureCelsius"], reading["bus"]), (139.0, 750.0, 41.0, "0000:05:00"))

    def test_the_device_is_found_by_id_then_bus_then_place(self):
        readings = [{"index": 0, "uuid": "GPU-a", "bus": "0000:01:00"}, {"index": 1, "uuid": "GPU-b", "bus": "0000:02:00"}]
        self.assertEqual(measure.reading_of(readings, 0, "b", None, "")["index"], 1)
        self.assertEqual(measure.reading_of(readings, 0, None, "0000:02:00", "")["index"], 1)
        self.assertEqual(measure.reading_of(readings, 0, None, None, "1")["index"], 1)
        self.assertEqual(measure.reading_of(readings, 1, None, None, "")["index"], 1)
        self.assertIsNone(measure.reading_of(readings, 5, None, None, ""))

    def test_the_first_third_of_a_load_is_left_out(self):
        sampler = measure.Sampler(lambda: None)
        sampler.start()
        sampler.samples = [{"watts": 100.0}] * 3 + [{"watts": 300.0}] * 6
        self.assertEqual([sample["watts"] for sample in sampler.settled()], [300.0] * 6)


class Arguments(unittest.TestCase):
    def test_sections_come_in_the_order_they_run(self):
        self.assertEqual(measure.arguments(["--only", "power,matmul"]).only, ["matmul", "power"])
        self.assertEqual(measure.arguments([]).only, list(measure.SECTIONS))

    def test_an_unknown_section_is_named(self):
        with self.assertRaisesRegex(argparse.ArgumentTypeError, "matmull"):
            measure.sections_of("matmull")
        with contextlib.redirect_stderr(io.StringIO()) as errors, self.assertRaises(SystemExit):
            measure.arguments(["--only", "matmull"])
        self.assertIn("matmul, bandwidth, attention, decoder, power", errors.getvalue())


class Document(unittest.TestCase):
    def document(self, *flags):
        return measure.new_document(measure.arguments(list(flags)), datetime.datetime(2026, 11, 1, 12, tzinfo=datetime.timezone.utc))

    def test_is_json_without_nan(self):
        document = self.document("--quick")
        document["matmul"].append({"flopsPerSecond": math.inf, "seconds": {"median": 0.123456789}})
        read = json.loads(measure.to_json(document))
        self.assertEqual(read["schema"], "rigor.measurement/1")
        self.assertEqual(read["measuredAt"], "2026-11-01T12:00:00Z")
        self.assertEqual(read["matmul"], [{"flopsPerSecond": None, "seconds": {"median": 0.123457}}])

    def test_is_written_whole_or_not_at_all(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "out.json")
            measure.write_atomically(path, "old")
            with mock.patch("os.replace", side_effect=OSError("full")), self.assertRaises(OSError):
                measure.write_atomically(path, "new")
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), "old")
            self.assertEqual(os.listdir(folder), ["out.json"])


class Program(unittest.TestCase):
    def run_main(self, *flags, measuring=None):
        out, errors = io.StringIO(), io.StringIO()
        with mock.patch("measure.measure", measuring or measure.measure), mock.patch("signal.signal"), contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = measure.main(list(flags))
        return code, out.getvalue(), errors.getvalue()

    def test_an_interruption_leaves_what_was_measured(self):
        def interrupted(_, document):
            document["matmul"].append({"precision": "bf16"})
            raise KeyboardInterrupt

        code, out, errors = self.run_main(measuring=interrupted)
        document = json.loads(out)
        self.assertEqual((code, document["complete"], document["matmul"]), (130, False, [{"precision": "bf16"}]))
        self.assertIn("Interrupted", errors)

    def test_without_torch_it_says_so_and_prints_no_json(self):
        with mock.patch.dict("sys.modules", {"torch": None}):
            code, out, errors = self.run_main("--cpu", "--only", "matmul")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("PyTorch is not installed", errors)

    def test_without_a_gpu_it_says_so(self):
        torch = mock.Mock(__version__="2.9", version=mock.Mock(cuda=None, hip=None))
        torch.cuda.is_available.return_value = False
        with mock.patch.dict("sys.modules", {"torch": torch}):
            code, out, errors = self.run_main("--only", "matmul")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("sees no GPU", errors)
        self.assertIn("--cpu", errors)

    def test_a_file_that_cannot_be_written_costs_no_measurement(self):
        def done(_, document):
            document["complete"] = True

        code, out, errors = self.run_main("-o", os.path.join(tempfile.gettempdir(), "no such folder", "x.json"), measuring=done)
        self.assertEqual((code, json.loads(out)["complete"]), (2, True))
        self.assertIn("cannot be written", errors)


if __name__ == "__main__":
    unittest.main()
