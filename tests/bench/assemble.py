"""Assemble alone beside cp and sha256sum of the same bytes, at one length and at four times it."""

import json
import shutil

from episode import Store, read, span_s
from measure import run
from pieces import piece, rundown
from sheet import GateFailed, Goal

NAME = "assemble"
GOALS = {
    "wall": Goal("wall of Assemble / of cp and sha256sum of the same bytes, four times the length", 1.5),
    "short": Goal("wall of Assemble / of cp and sha256sum of the same bytes"),
    "command": Goal("wall of the whole command / of cp and sha256sum, four times the length"),
    "cpu": Goal("CPU of Assemble, four times the length", None, "s", 2),
    "bytes": Goal("deliverable, four times the length", None, "MB", 0),
    "memory": Goal("largest process at four times the length / at one", 1.10),
    "peak": Goal("largest process, four times the length", None, "MiB", 0),
}
OUTLET, RASTER = "youtube-1080p", "1920x1080"


def measure(context, sheet):
    count, seconds = context.sized((12, 10), (11, 30))
    source = piece(context, 0, seconds, RASTER)
    sheet.note(f"One piece of {seconds} s at {RASTER}, {count} and {4 * count} times in a row, outlet {OUTLET}: each item is read, joined and proved anew")
    sheet.note("The episode is rendered once; then, each round, its Assemble commit is deleted and the same command run again. "
               "Wall and CPU of Assemble are the commit's own (from the job's start to its commit); the whole command also hashes all parts again.")
    sheet.note("`cp --reflink=never FILE COPY && sha256sum COPY` of the deliverable, caches warm on both sides")
    with context.scratch() as name:
        folder = context.inputs.parent / name
        store = Store(context, folder / "store")
        episodes = {length: rundown(folder / f"{length}.toml", f"bench-{length}", RASTER, [source] * count * times)
                    for length, times in (("short", 1), ("long", 4))}
        for length, written in episodes.items():
            store.render(written, OUTLET, folder / "out")
        for _ in range(context.pairs):
            ran = {length: once(store, written, folder) for length, written in episodes.items()}
            short, long = ran["short"], ran["long"]
            sheet.add("short", short["wall"] / short["copy"])
            sheet.add("wall", long["wall"] / long["copy"])
            sheet.add("command", long["command"].wall_s / long["copy"])
            sheet.add("cpu", long["cpu"])
            sheet.add("bytes", long["bytes"] / 1e6)
            sheet.add("memory", long["command"].peak_mib / short["command"].peak_mib)
            sheet.add("peak", long["command"].peak_mib)
            sheet.gate(long["bytes"] > 3.5 * short["bytes"], "the long file is not about four times the short one")


def once(store, written, folder):
    """Makes the deliverable of an episode again, and copies it as cp does."""
    episode = written.stem
    known = [path for path in store.of_kind("assemble") if read(path)["key"] in current(store, written)]
    if len(known) != 1:
        raise GateFailed(f"{episode} has {len(known)} Assemble commits")
    digest = read(known[0])["files"]
    known[0].unlink()
    shutil.rmtree(known[0].with_suffix(""))
    before = store.commits()
    command, told = store.render(written, OUTLET, folder / "out")
    made = store.made_since(before)
    commit = read(known[0])
    if made != {"assemble": 1} or commit["files"] != digest:
        raise GateFailed(f"{episode} was not made again as it was: {made}")
    file = told["deliverables"][0]["files"][0]
    copy = folder / "copy"
    copied, hashed = run(["cp", "--reflink=never", file, copy]), run(["sha256sum", copy])
    stored = [each["digest"] for name, each in commit["files"].items() if name.startswith("deliverable")]
    if copied.status or hashed.out.split()[0] not in stored[0]:
        raise GateFailed("the file handed over is not the one that was proved")
    copy.unlink()
    return {"wall": span_s(commit), "cpu": commit["cpu_ms"] / 1000, "copy": copied.wall_s + hashed.wall_s,
            "bytes": sum(each["bytes"] for name, each in commit["files"].items() if name.startswith("deliverable")), "command": command}


def current(store, written):
    """Returns the keys of an episode's deliverables, by its plan."""
    done = run(store.command("plan", written, "--outlet", OUTLET))
    return {each["key"] for each in json.loads(done.out)["results"] if each["kind"] == "assemble"}
