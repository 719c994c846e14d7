"""Measures Bookend beside the reference programs and prints a Markdown table.

Every round runs all sides of a comparison one after the other (A B A B …), so that a busy machine is busy for all of
them. CPU is user and system time of every process of a command, children included; a figure whose correctness gate
fails is printed as FAILED, with the reason.
"""

import argparse
import datetime
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import assemble
import cold
import plan
import reuse
import transcode
from measure import say
from sheet import Sheet

BENCHES = {module.NAME: module for module in (transcode, reuse, cold, assemble, plan)}


class Context:
    """What every bench needs to know."""

    def __init__(self, arguments):
        root = pathlib.Path(__file__).resolve().parents[2]
        target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", root / "target")).absolute() / "release"
        self.root = root
        self.bookend = arguments.bookend or str(target / "bookend")
        self.transcode = str(target / "examples" / "transcode")
        self.pairs = arguments.pairs
        self.full = arguments.full
        self.pieces = arguments.pieces
        self.seconds = arguments.seconds
        # Inputs are kept between runs, everything else is thrown away.
        self.inputs = pathlib.Path(arguments.work) / "inputs"
        self.inputs.mkdir(parents=True, exist_ok=True)

    def sized(self, quick, full):
        """Returns (pieces, seconds): the bench's own, unless the command line says otherwise."""
        pieces, seconds = full if self.full else quick
        return self.pieces or pieces, self.seconds or seconds

    def scratch(self):
        """Makes a folder that is deleted when the bench is over, on the file system of the inputs."""
        return tempfile.TemporaryDirectory(prefix="run-", dir=self.inputs.parent, ignore_cleanup_errors=True)


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.splitlines()[0]
    except (OSError, IndexError):
        return f"{command[0]}: not found"


def circumstances(context, names, load):
    revision = first_line("git", "-C", str(context.root), "describe", "--always", "--dirty")
    print("## Bench\n")
    print(f"{datetime.date.today()}, revision {revision}, {os.cpu_count()} cores, {context.pairs} rounds, ", end="")
    print(f"load average {load:.1f} before and {os.getloadavg()[0]:.1f} after" + ("" if load < 0.5 else " (not quiet)") + ".")
    print(f"{first_line('ffmpeg', '-version')}; {first_line('melt', '--version')}.")
    print("Figures are medians with the least and the greatest; CPU is of all processes. Ratios are taken round by round.\n")


def main():
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    listing = ", ".join(BENCHES)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which benches, of {listing} [default: all]")
    parser.add_argument("--pairs", type=int, default=7, metavar="N", help="rounds, each of all sides [default: 7]")
    parser.add_argument("--full", action="store_true", help="inputs of real size: hours instead of minutes")
    parser.add_argument("--pieces", type=int, metavar="N", help="pieces of an episode, instead of the bench's own number")
    parser.add_argument("--seconds", type=int, metavar="N", help="seconds of each, instead of the bench's own")
    parser.add_argument("--work", default=os.path.join(tempfile.gettempdir(), "bookend-bench"), metavar="DIR",
                        help="where inputs are kept and scratch goes; wants a real disk [default: %(default)s]")
    parser.add_argument("--bookend", metavar="FILE", help="the program to measure [default: the release build]")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHES]
    if unknown or arguments.pairs < 1:
        parser.error(f"no such bench: {', '.join(unknown)}; there are {listing}" if unknown else "at least one round")
    # Scratch is deleted however this ends.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    context = Context(arguments)
    names = arguments.names or list(BENCHES)
    load = os.getloadavg()[0]
    sheets = []
    for name in names:
        say(f"{name}: {BENCHES[name].__doc__.splitlines()[0]}")
        sheet = Sheet(name, BENCHES[name].GOALS)
        sheets.append(sheet)
        sheet.fill(BENCHES[name].measure, context)
    circumstances(context, names, load)
    print("| bench | measure | found | goal | verdict |\n|---|---|---|---|---|")
    for sheet in sheets:
        sheet.print_rows()
    for sheet in sheets:
        sheet.print_notes()
    sys.exit(0 if all(sheet.sound() for sheet in sheets) else 1)


if __name__ == "__main__":
    main()
