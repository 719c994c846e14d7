"""Makes the pieces: moving, noisy pictures with sound, so that encoders have honest work. Kept between runs."""

import os

from measure import line, run, say
from sheet import GateFailed

# Noise is what encoders find hard. This much makes a piece of about 6 Mb/s at 1080p, and keeps what is made of it below the
# outlets' ceilings, where equal sizes say that both sides did the same work.
NOISE = 4
# Pictures that differ are this many; the rest are wrapped anew under another title, which makes them other files. Nothing
# is reused by what a picture shows, so they cost a render as much.
DISTINCT = 4


def piece(context, number, seconds, raster, rate=25):
    """Returns the path of a piece, made if it is not there: H.264 with B-frames and groups of two seconds, AAC stereo."""
    path = context.inputs / f"piece-{number:03}-{raster}-{rate}fps-{seconds}s.mp4"
    if path.exists():
        return path
    say(f"  making {path.name}")
    unfinished = path.with_suffix(".part.mp4")
    if number >= DISTINCT:
        command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", piece(context, number % DISTINCT, seconds, raster, rate),
                   "-map", "0", "-c", "copy", "-metadata", f"title=piece {number}", unfinished]
    else:
        picture = f"testsrc2=size={raster}:rate={rate}:duration={seconds},noise=alls={NOISE}:allf=t:all_seed={number + 1}"
        # A little shorter than the picture: ffmpeg's concat filter shows a frame twice for every one that longer sound fills.
        heard = seconds - 0.05
        tone = f"sine=frequency={220 * (number + 1)}:sample_rate=48000:duration={heard}"
        hiss = f"anoisesrc=color=pink:sample_rate=48000:duration={heard}:seed={number + 1}:amplitude=0.3"
        command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", tone,
                   "-f", "lavfi", "-i", hiss, "-filter_complex", "[1:a][2:a]amix=inputs=2,aformat=channel_layouts=stereo[a]",
                   "-map", "0:v", "-map", "[a]", "-c:v", "libx264", "-preset", "veryfast", "-crf", "22", "-g", str(2 * rate),
                   "-bf", "2", "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709",
                   "-color_range", "tv", "-c:a", "aac", "-b:a", "128k", "-t", str(seconds), unfinished]
    made = run(command)
    if made.status != 0:
        raise GateFailed(f"a piece could not be made: {line(command)}: {made.err.strip()}")
    os.replace(unfinished, path)
    return path


def rundown(path, episode, raster, items, rate=25):
    """Writes a rundown; an item is a path, or a path with in and out."""
    lines = [f'id = "{episode}"', f'title = "{episode}"', "[house]", f'raster = "{raster}"', f'rate = "{rate}"', "[[segment]]"]
    for item in items:
        source, start, end = item if isinstance(item, tuple) else (item, None, None)
        lines += ["[[segment.item]]", f'source = "{source}"']
        if start is not None:
            lines += [f'in = "{start}"', f'out = "{end}"']
    path.write_text("\n".join(lines) + "\n")
    return path
