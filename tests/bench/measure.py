"""Runs a command and says what it cost: wall time, CPU time of all its processes, memory of the largest."""

import ctypes
import dataclasses
import os
import shlex
import subprocess
import sys
import tempfile
import time

# From linux/prctl.h: processes whose parents died become ours, so that their time is counted and none goes unseen.
PR_SET_CHILD_SUBREAPER = 36
# A process that outlives its command by this much has been left behind.
LINGER_S = 10


@dataclasses.dataclass
class Run:
    """A command that ended."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    status: int
    out: str
    err: str
    left_behind: int


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def run(command, **environment):
    """Runs a command to the end of all its processes. Its status is the caller's to judge."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.monotonic()
        child = subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            env={**os.environ, **environment},
        )
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.terminate()
            raise
        wall = time.monotonic() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        cpu = usage.ru_utime + usage.ru_stime
        orphans_cpu, left_behind = reap_orphans()
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    return Run(wall, cpu + orphans_cpu, usage.ru_maxrss / 1024, child.returncode, *texts, left_behind)


def reap_orphans():
    """Waits for processes that a command's death made ours; returns their CPU time and how many would not end."""
    cpu, until = 0.0, time.monotonic() + LINGER_S
    while True:
        try:
            pid, _, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return cpu, 0
        if pid:
            cpu += usage.ru_utime + usage.ru_stime
        elif time.monotonic() > until:
            return cpu, 1
        else:
            time.sleep(0.01)


def line(command):
    """Returns a command as one would type it."""
    return shlex.join(str(word) for word in command)
