"""The media crate alone beside ffmpeg: one transcode, the same options, threads pinned."""

import os

from measure import line, run
from pieces import piece
from sheet import GateFailed, Goal

NAME = "transcode"
GOALS = {
    "cpu": Goal("CPU of the media crate / of ffmpeg", 1.02),
    "wall": Goal("wall of the media crate / of ffmpeg", 1.02),
    "ours": Goal("CPU of the media crate", None, "s", 2),
    "theirs": Goal("CPU of ffmpeg", None, "s", 2),
    "copies": Goal("deep copies of frames in the media crate's run", 0, "copies", 0),
    "memory": Goal("largest process, media crate / ffmpeg"),
}
RASTER, THREADS = "1280x720", 1
ENCODER = {"preset": "veryfast", "crf": "20", "g": "50", "keyint_min": "50", "sc_threshold": "0", "bf": "2", "flags": "+cgop"}


def commands(context, source, folder):
    width, height = RASTER.split("x")
    ours = [context.transcode, source, folder / "ours.mp4", RASTER, "25", THREADS]
    ours += [f"{name}={value}" for name, value in ENCODER.items()]
    theirs = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-threads", THREADS, "-i", source, "-map", "0:v:0", "-filter_threads", THREADS,
              "-vf", f"scale=w={width}:h={height}:flags=bicubic,format=yuv420p", "-fps_mode", "passthrough", "-c:v", "libx264",
              "-threads", THREADS, *[word for name, value in ENCODER.items() for word in (f"-{name}", value)], folder / "theirs.mp4"]
    return ours, theirs


def measure(context, sheet):
    _, seconds = context.sized((1, 8), (1, 60))
    source = piece(context, 0, seconds, "1920x1080")
    with context.scratch() as name:
        folder = context.inputs.parent / name
        ours, theirs = commands(context, source, folder)
        sheet.note(f"{seconds} s of 1920x1080 at 25 to {RASTER}, {THREADS} thread each for decoder, filters and encoder")
        sheet.note(f"$ {line(ours)}")
        sheet.note(f"$ {line(theirs)}")
        for _ in range(context.pairs):
            mine, other = must(ours), must(theirs)
            sheet.add("cpu", mine.cpu_s / other.cpu_s)
            sheet.add("wall", mine.wall_s / other.wall_s)
            sheet.add("ours", mine.cpu_s)
            sheet.add("theirs", other.cpu_s)
            sheet.add("memory", mine.peak_mib / other.peak_mib)
            packets = [hashes(folder / file) for file in ("ours.mp4", "theirs.mp4")]
            sheet.gate(len(packets[0]) == 25 * seconds + 1, f"{len(packets[0]) - 1} packets of {25 * seconds} frames")
            sheet.gate(packets[0] == packets[1], "the packets, their times or the headers differ from ffmpeg's")
        count_copies(context, sheet, folder, ours)


def must(command, **environment):
    done = run(command, **environment)
    if done.status != 0:
        raise GateFailed(f"{line(command)} ended with {done.status}: {done.err.strip()[-300:]}")
    return done


def hashes(path):
    """Returns the header's SHA-256, then every picture packet's times, size and SHA-256, as ffmpeg reads them."""
    copied = must(["ffmpeg", "-v", "error", "-nostdin", "-i", path, "-map", "0:v:0", "-c", "copy", "-f", "framehash", "-hash", "sha256", "-"])
    return [text for text in copied.out.splitlines() if text.startswith("#extradata") or not text.startswith("#")]


def count_copies(context, sheet, folder, ours):
    """Counts copies of frames by standing before libavutil's functions that make them (count_copies.c)."""
    counter, counted = folder / "count_copies.so", folder / "copies"
    source = os.path.join(os.path.dirname(__file__), "count_copies.c")
    must(["clang", "-O2", "-shared", "-fPIC", "-o", counter, source, "-ldl"])
    watched = {"LD_PRELOAD": str(counter), "COUNT_COPIES": str(counted)}
    # Drawing on a frame that another filter holds too must copy it: a counter that misses this counts nothing.
    known = ["ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i",
             "testsrc2=size=320x180:rate=25:duration=0.4,split[a][b];[a]drawbox[c];[b][c]hstack", "-f", "null", "-"]
    must(known, **watched)
    sheet.gate(int(counted.read_text()) == 10, f"the counter saw {counted.read_text()} of 10 known copies", "copies")
    counted.unlink()
    must(ours, **watched)
    sheet.add("copies", int(counted.read_text()))
    sheet.note("Copies are counted by tests/bench/count_copies.c, loaded before libavutil, in a run of its own; "
               "it is first shown 10 frames that ffmpeg must copy. libx264's own intake is the same on both sides and not counted.")
