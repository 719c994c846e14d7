"""A cold episode, proof included, beside the better of melt and ffmpeg's concat filter plus one decode of its output."""

import os
import shutil
import statistics
import tomllib

from episode import Store, frame_count, read
from measure import line, run
from pieces import piece, rundown
from sheet import GateFailed, Goal

NAME = "cold"
GOALS = {
    "cpu": Goal("CPU of Bookend / of the better peer and a decode of its output", 1.00),
    "unproved": Goal("CPU of Bookend less a decode of its output / of the better peer alone"),
    "wall": Goal("wall of Bookend / of the better peer and a decode of its output"),
    "slots": Goal("the same, with as many slots as there are cores"),
    "slots-cpu": Goal("CPU of Bookend with as many slots as there are cores / with one"),
    "bookend": Goal("CPU of Bookend", None, "s", 2),
    "ffmpeg": Goal("CPU of ffmpeg's concat filter", None, "s", 2),
    "melt": Goal("CPU of melt", None, "s", 2),
    "decode": Goal("CPU of decoding the better peer's output", None, "s", 2),
    "encode": Goal("CPU of Bookend's Picture jobs / of Bookend"),
    "inspect": Goal("CPU of Bookend's Inspect jobs / of Bookend"),
    "sound": Goal("CPU of Bookend's Sound and Mix jobs / of Bookend"),
    "assemble": Goal("CPU of Bookend's Assemble job / of Bookend"),
    "rest": Goal("CPU of Bookend outside its jobs / of Bookend"),
}
OUTLET, RASTER, RATE = "youtube-1080p", "1920x1080", 25
# The AAC encoder's options, as pipelines/src/mix/deliver.rs sets them.
SOUND = {"aac_coder": "fast", "aac_ms": 0, "aac_pns": 0, "aac_is": 0}


def encoder(context):
    """Returns the outlet's encoder settings as libx264's options, from the outlet's own file."""
    outlet = tomllib.loads((context.root / "config" / "outlets" / f"{OUTLET}.toml").read_text())
    picture, sound = outlet["picture"], outlet["sound"]
    at = next(each for each in picture["at"] if str(RATE) in each["rates"])
    rate, gop = at["max_rate_bps"], at["gop_frames"]
    video = {
        "preset": picture["preset"], "profile": "high", "level": at["level"], "crf": picture["crf"], "maxrate": rate,
        "bufsize": rate * picture["buffer_ms"] // 1000, "g": gop, "keyint_min": gop, "sc_threshold": 0,
        "bf": picture["b_frames"], "flags": "+cgop", "x264-params": "stitchable=1:aud=1:scenecut=0:open-gop=0:b-pyramid=normal",
    }
    return video, sound["bit_rate_bps"], picture["threads"]


def ffmpeg_command(context, files, out):
    video, bit_rate, threads = encoder(context)
    inputs = [word for file in files for word in ("-threads", "1", "-i", file)]
    pads = "".join(f"[{place}:v][{place}:a]" for place in range(len(files)))
    return ["ffmpeg", "-v", "error", "-nostdin", "-y", *inputs, "-filter_complex_threads", "1", "-filter_complex",
            f"{pads}concat=n={len(files)}:v=1:a=1[v][a]", "-map", "[v]", "-map", "[a]", "-c:v", "libx264", "-threads", threads,
            *[word for name, value in video.items() for word in (f"-{name}", value)],
            "-c:a", "aac", "-b:a", bit_rate, *[word for name, value in SOUND.items() for word in (f"-{name}", value)], "-movflags", "+faststart", out]


def melt_command(context, files, out):
    video, bit_rate, threads = encoder(context)
    names = {"profile": "vprofile"}
    options = [f"{names.get(name, name)}={value}" for name, value in video.items()]
    return ["melt", "-quiet", "-profile", "atsc_1080p_25", *files, "-consumer", f"avformat:{out}", "real_time=-1", f"threads={threads}",
            "vcodec=libx264", *options, "acodec=aac", f"ab={bit_rate}", *[f"{name}={value}" for name, value in SOUND.items()], "ar=48000", "channels=2", "movflags=+faststart"]


def measure(context, sheet):
    count, seconds = context.sized((4, 4), (10, 30))
    files = [piece(context, number, seconds, RASTER) for number in range(count)]
    frames = count * seconds * RATE
    sheet.note(f"{count} pieces of {seconds} s at {RASTER}, outlet {OUTLET}; the same x264 options from config/outlets on all sides; decoders, filters and encoders one thread each")
    with context.scratch() as name:
        folder = context.inputs.parent / name
        written = rundown(folder / "rundown.toml", "bench", RASTER, files)
        one_slot = folder / "one-slot.toml"
        one_slot.write_text("version = 1\n[worker]\nslots = 1\nthreads = 1\n")
        peers = {"ffmpeg": ffmpeg_command(context, files, folder / "ffmpeg.mp4"), "melt": melt_command(context, files, folder / "melt.mp4")}
        rounds = []
        for _ in range(context.pairs):
            rounds.append(one_round(sheet, Store(context, folder / "store", one_slot), written, folder, peers, frames))
            store = Store(context, folder / "store-of-slots")
            rounds[-1]["slots"], _ = store.render(written, OUTLET, folder / "out-of-slots")
            shutil.rmtree(store.path)
            shutil.rmtree(folder / "out-of-slots")
        for command in peers.values():
            sheet.note(f"$ {line(command)}")
    better = min(peers, key=lambda peer: statistics.median(each[peer].cpu_s for each in rounds))
    settle(sheet, rounds, better)


def one_round(sheet, store, written, folder, peers, frames):
    ran = {}
    out = folder / "out"
    ran["bookend"], told = store.render(written, OUTLET, out)
    sheet.note(f"$ {line(store.command('render', written, '--outlet', OUTLET, '--out', out))} (a fresh store each round)")
    ours = told["deliverables"][0]["files"][0]
    sheet.gate(frame_count(ours) == frames, f"Bookend's file has not {frames} frames")
    ran["bookend-decode"] = decode(ours)
    ran["jobs"] = {kind: sum(read(path)["cpu_ms"] for path in store.of_kind(kind)) / 1000
                   for kind in ("picture", "inspect", "sound", "mix", "assemble")}
    for peer, command in peers.items():
        ran[peer] = run(command, SDL_VIDEODRIVER="dummy", QT_QPA_PLATFORM="offscreen")
        file = folder / f"{peer}.mp4"
        sheet.gate(ran[peer].status == 0 and frame_count(file) == frames,
                   f"{peer} ended with {ran[peer].status} and {frame_count(file) if file.exists() else 0} frames of {frames}: {ran[peer].err.strip()[-200:]}")
        ran[f"{peer}-decode"] = decode(file)
    ran["bytes"] = {name: os.path.getsize(path) for name, path in [("bookend", ours), *((peer, folder / f"{peer}.mp4") for peer in peers)]}
    shutil.rmtree(store.path)
    shutil.rmtree(out)
    return ran


def decode(path):
    done = run(["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-i", path, "-f", "null", "-"])
    if done.status != 0 or done.err.strip():
        raise GateFailed(f"{path} does not decode cleanly: {done.err.strip()[-200:]}")
    return done


def settle(sheet, rounds, better):
    for ran in rounds:
        ours, theirs, proof = ran["bookend"], ran[better], ran[f"{better}-decode"]
        sheet.add("cpu", ours.cpu_s / (theirs.cpu_s + proof.cpu_s))
        sheet.add("unproved", (ours.cpu_s - ran["bookend-decode"].cpu_s) / theirs.cpu_s)
        sheet.add("wall", ours.wall_s / (theirs.wall_s + proof.wall_s))
        sheet.add("slots", ran["slots"].wall_s / (theirs.wall_s + proof.wall_s))
        sheet.add("slots-cpu", ran["slots"].cpu_s / ours.cpu_s)
        for name in ("bookend", "ffmpeg", "melt"):
            sheet.add(name, ran[name].cpu_s)
        sheet.add("decode", proof.cpu_s)
        jobs = ran["jobs"]
        sheet.add("encode", jobs["picture"] / ours.cpu_s)
        sheet.add("inspect", jobs["inspect"] / ours.cpu_s)
        sheet.add("sound", (jobs["sound"] + jobs["mix"]) / ours.cpu_s)
        sheet.add("assemble", jobs["assemble"] / ours.cpu_s)
        sheet.add("rest", 1 - sum(jobs.values()) / ours.cpu_s)
        sizes = ran["bytes"]
        close = abs(sizes["bookend"] / sizes[better] - 1) < 0.05
        sheet.gate(close, f"the files are not alike: {sizes} bytes")
    sheet.note(f"The better peer is {better}. `ffmpeg -threads 1 -i FILE -f null -` is the decode, of picture and sound.")
    sheet.note("There is no switch that leaves proof out: its figure is Bookend's CPU less that of the same decode of its own file, "
               "so comparing, hashing and listening still count as Bookend's. Bookend also measures and levels loudness, which no peer does.")
    sheet.note("Both sides work with one thread at a time (Bookend: `slots = 1`), for a second of CPU on a core whose other half is "
               "busy too does less. With its usual slots Bookend uses all cores: its wall then, and what that does to its CPU, stand beside.")
