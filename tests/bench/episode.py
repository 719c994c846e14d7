"""Bookend's own side: renders, and what the store says came of them."""

import datetime
import json

from measure import line, run
from sheet import GateFailed


class Store:
    """A store in a folder, looked into by its commits (`results/<aa>/<key>.json`)."""

    def __init__(self, context, path, settings=None):
        self.context, self.path, self.settings = context, path, settings

    def command(self, *arguments):
        settings = ["--config", self.settings] if self.settings else []
        return [self.context.bookend, "--store", self.path, *settings, "--quiet", "--json", *arguments]

    def render(self, rundown, outlet, out):
        """Renders, and insists that what came of it was handed over as passed."""
        command = self.command("render", rundown, "--outlet", outlet, "--out", out)
        done = run(command)
        if done.status != 0:
            raise GateFailed(f"{line(command)} ended with {done.status}: {done.err.strip()[-300:]}")
        told = json.loads(done.out.splitlines()[-1])
        if not told["deliverables"] or not all(each["passed"] for each in told["deliverables"]):
            raise GateFailed(f"{line(command)} handed over nothing that passed")
        if done.left_behind:
            raise GateFailed(f"{line(command)} left a process behind")
        return done, told

    def commits(self):
        """Returns every commit by key."""
        return {path.stem: path for path in self.path.glob("results/*/*.json")}

    def made_since(self, before):
        """Counts the results that are in the store now and were not before, by kind."""
        kinds = {}
        for key, path in self.commits().items():
            if key not in before:
                kind = read(path)["facts"]["kind"]
                kinds[kind] = kinds.get(kind, 0) + 1
        return kinds

    def of_kind(self, kind):
        """Returns the commits of one kind."""
        return [path for path in self.commits().values() if read(path)["facts"]["kind"] == kind]


def read(path):
    return json.loads(path.read_text())


def span_s(commit):
    """Returns the seconds from a job's start to its commit."""
    started, committed = (datetime.datetime.fromisoformat(commit[when]) for when in ("started", "committed"))
    return (committed - started).total_seconds()


def frame_count(path):
    """Counts the picture packets of a file."""
    counted = run(["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets",
                   "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", path])
    return int(counted.out.strip().rstrip(",") or 0) if counted.status == 0 else -1
