"""An episode rendered, one piece swapped, nothing changed, the order changed: what is made again."""

import math
import shutil

from episode import Store
from measure import line
from pieces import piece, rundown
from sheet import Goal

NAME = "reuse"
GOALS = {
    "first": Goal("CPU of the first render", None, "s", 2),
    "swapped": Goal("CPU after one piece is swapped / of the first render", 0.07),
    "unchanged": Goal("CPU with nothing changed / of the first render", 0.01),
    "unchanged-wall": Goal("wall with nothing changed", 1, "s"),
    "reordered": Goal("CPU after the order is changed / of the first render"),
    "pictures": Goal("Pictures made after the order is changed", 0, "", 0),
}
CHUNK_S = 30


def measure(context, sheet):
    count, seconds = context.sized((22, 4), (22, 60))
    raster, outlet = ("1920x1080", "youtube-1080p") if context.full else ("640x360", "preview-360p")
    files = [piece(context, number, seconds, raster) for number in range(count + 1)]
    usual, spare = files[:count], files[count]
    sheet.note(f"{count} pieces of {seconds} s at {raster}, outlet {outlet}; a fresh store each round. The floor of a swap is 1/{count} = {1 / count:.3f}")
    if not context.full:
        sheet.note("Small pieces show the shape only: Mix, Assemble and starting children weigh more in them. The goals are those of --full")
    with context.scratch() as name:
        folder = context.inputs.parent / name
        swapped = [spare if place == count // 2 else file for place, file in enumerate(usual)]
        versions = {
            "first": usual, "swapped": swapped, "unchanged": swapped, "reordered": swapped[1:] + swapped[:1],
        }
        for number in range(context.pairs):
            store, cpu = Store(context, folder / f"store-{number}"), {}
            for version, items in versions.items():
                before = store.commits()
                written = rundown(folder / "rundown.toml", "bench", raster, items)
                done, told = store.render(written, outlet, folder / f"out-{number}")
                made = store.made_since(before)
                cpu[version] = done.cpu_s
                judge(sheet, version, made, told, count * math.ceil(seconds / CHUNK_S), math.ceil(seconds / CHUNK_S))
                if version == "unchanged":
                    sheet.add("unchanged-wall", done.wall_s)
            sheet.note(f"$ {line(store.command('render', 'rundown.toml', '--outlet', outlet, '--out', 'out'))} (four times, the rundown edited between)")
            sheet.add("first", cpu["first"])
            for version in ("swapped", "unchanged", "reordered"):
                sheet.add(version, cpu[version] / cpu["first"])
            shutil.rmtree(store.path)
            shutil.rmtree(folder / f"out-{number}")


def judge(sheet, version, made, told, chunks, swapped_chunks):
    """Checks by the store's commits that what had to be made was made, and nothing else."""
    pictures = made.get("picture", 0)
    if version == "first":
        sheet.gate(pictures == chunks and told["jobs"]["reused"] == 0, f"the first render made {made}, not {chunks} Pictures from nothing")
    elif version == "swapped":
        sheet.gate(pictures == swapped_chunks and made.get("assemble") == 1, f"after the swap {made} were made", "swapped")
    elif version == "unchanged":
        sheet.gate(not made and told["jobs"]["made"] == 0, f"with nothing changed {made} were made", "unchanged", "unchanged-wall")
    else:
        sheet.add("pictures", pictures)
        sheet.gate(made.get("assemble") == 1, f"after the order changed {made} were made", "reordered", "pictures")
