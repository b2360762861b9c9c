# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks measure with and how they print it."""
import os
import statistics


def spread(values):
    return "%s / %s / %s" % tuple("%.4g" % v for v in (min(values), statistics.median(values), max(values)))


def row(name, values, unit=""):
    print("  %-62s %s%s" % (name, spread(values), " " + unit if unit else ""), flush=True)


def quantile(values, q):
    ordered = sorted(values)
    return ordered[int((len(ordered) - 1) * q)]


def usage(pid):
    """(RSS in MiB, CPU seconds)"""
    with open("/proc/%d/statm" % pid) as f:
        rss = int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return rss, (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) / 1024 for line in f if line.startswith("VmHWM"))
