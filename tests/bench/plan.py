"""A plan of 500 items of which everything is made already."""

import json
import math

from episode import Store
from measure import line, run
from pieces import piece, rundown
from sheet import GateFailed, Goal

NAME = "plan"
GOALS = {
    "wall": Goal("wall of `bookend plan`, 500 items, everything cached", 1, "s"),
    "cpu": Goal("CPU of it", None, "s"),
    "peak": Goal("largest process", None, "MiB", 0),
}
ITEMS, RASTER, OUTLET, FRAMES = 500, "640x360", "preview-360p", 6


def measure(context, sheet):
    files = [piece(context, number, 4, RASTER) for number in range(22)]
    # No two items show the same: each has its own place in its piece.
    cuts = math.ceil(ITEMS / len(files))
    items = [(files[place % len(files)], f"{place // len(files) * 4}f", f"{place // len(files) * 4 + FRAMES}f") for place in range(ITEMS)]
    assert (cuts - 1) * 4 + FRAMES <= 100 and len(set(items)) == ITEMS
    with context.scratch() as name:
        folder = context.inputs.parent / name
        store = Store(context, folder / "store")
        written = rundown(folder / "rundown.toml", "bench", RASTER, items)
        store.render(written, OUTLET, folder / "out")
        command = store.command("plan", written, "--outlet", OUTLET)
        sheet.note(f"{ITEMS} different cuts of {FRAMES} frames from {len(files)} files, rendered once before")
        sheet.note(f"$ {line(command)}")
        for _ in range(context.pairs):
            done = run(command)
            if done.status != 0:
                raise GateFailed(f"the plan ended with {done.status}: {done.err.strip()[-300:]}")
            listing = json.loads(done.out)
            pictures = sum(each["kind"] == "picture" for each in listing["results"])
            sheet.gate(listing["totals"]["make"] == 0 and pictures == ITEMS, f"{pictures} Pictures planned, {listing['totals']['make']} results to make")
            sheet.add("wall", done.wall_s)
            sheet.add("cpu", done.cpu_s)
            sheet.add("peak", done.peak_mib)
