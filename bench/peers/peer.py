"""What the Python peers share: the line protocol's words, and the numbers of a process. README.md has the protocol."""
import json
import os
import sys
import time


def leave(status, complaint=""):
    """Ends at once: unloading torch takes a while, and triton reports leaks on the way."""
    sys.stderr.write(complaint)
    os._exit(status)


def say(**line):
    try:
        print(json.dumps(line, allow_nan=False), flush=True)
    except BrokenPipeError:
        leave(0)


def ms_since_process_start():
    """To 10 ms, the kernel's clock tick; the interpreter's own start is inside."""
    try:
        with open("/proc/self/stat") as file:
            ticks = int(file.read().rsplit(")", 1)[1].split()[19])
        return 1e3 * (time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, AttributeError):
        return 1e3 * time.process_time()


def peak_mb():
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmHWM")) / 1024
    except (OSError, StopIteration):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
