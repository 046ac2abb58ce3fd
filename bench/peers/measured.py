"""What the Python peers share: input, figures, answer; the same JSON as the processes of Node."""

import json
import os
import re
import sys
import time


def cpu_seconds():
    """Of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def peak_bytes():
    with open("/proc/self/status") as status:
        return int(re.search(r"^VmHWM:\s+(\d+) kB$", status.read(), re.M).group(1)) * 1024


def measure(name, prepare, work, check):
    """Runs work(prepared), then answers with what check(prepared) says of rows and their total."""
    given = json.load(sys.stdin)
    answer = os.dup(1)
    os.dup2(2, 1)  # what a library prints is not the answer
    prepared = prepare(given)
    idle, cpu, started = peak_bytes(), cpu_seconds(), time.perf_counter()
    work(prepared)
    seconds, used, peak = time.perf_counter() - started, cpu_seconds() - cpu, peak_bytes()
    rows, total = check(prepared)
    memory = [{"name": name, "peakBytes": peak, "idleBytes": idle}]
    figures = {"seconds": seconds, "cpuSeconds": used, "memory": memory, "phases": {}}
    os.write(answer, json.dumps({**figures, "rows": str(rows), "total": str(total)}).encode())
