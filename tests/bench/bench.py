#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The benchmarks: floors, ours and ratios, each taken several times in turn within one run, as min / median / max.

    make bench                         everything, about five minutes
    make bench BENCH="accept idle"     some of it
    bench.py --instead "CMD {port}"    any other command in our place for `accept`: it must take POST /events/sitoo there

A figure without its floor says little: these machines are shared, so ratios are what counts.
"""
import argparse
import base64
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from tb import BUILD, World, free_port  # noqa: E402

LOAD = os.path.join(BUILD, "bench-load")
FLOOR = os.path.join(BUILD, "bench-floor")


def spread(values):
    return "%s / %s / %s" % tuple("%.4g" % v for v in (min(values), statistics.median(values), max(values)))


def row(name, values, unit=""):
    print("  %-58s %s%s" % (name, spread(values), " " + unit if unit else ""), flush=True)


def load(port, connections, seconds, rate, password):
    token = base64.b64encode(("sitoo:%s" % password).encode()).decode()
    done = subprocess.run([LOAD, str(port), str(connections), str(seconds), str(rate), token], capture_output=True,
                          text=True, check=True, timeout=seconds + 60)
    return json.loads(done.stdout)


def http_floor(connections, seconds):
    with subprocess.Popen([FLOOR, "http"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as p:
        port = int(p.stdout.readline())
        result = load(port, connections, seconds, 0, "x")["per_second"]
        p.stdin.close()
    return result


def commit_floor(rows, seconds):
    with tempfile.TemporaryDirectory() as d:
        done = subprocess.run([FLOOR, "commit", os.path.join(d, "floor.db"), str(rows), str(seconds)],
                              capture_output=True, text=True, check=True)
        return float(done.stdout)


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


# ---- accepting webhook bodies ----

def bench_accept(args):
    print("durable accepted bodies a second (keep-alive connections, min / median / max)")
    for connections in (16, 64):
        http, commit, ours, ratios = [], [], [], []
        for _ in range(args.rounds):
            http.append(http_floor(connections, args.seconds))
            commit.append(commit_floor(connections, args.seconds))
            ours.append(accept_once(args, connections))
            ratios.append(ours[-1] / min(http[-1], commit[-1]))
        row("floor: bare responder, %d connections" % connections, http, "/s")
        row("floor: group commit of %d rows" % connections, commit, "/s")
        row("ours", ours, "/s")
        row("ratio to the smaller floor (at least 0.5)", ratios)


def accept_once(args, connections):
    if args.instead:
        port = free_port()
        with subprocess.Popen(shlex.split(args.instead.format(port=port))) as p:
            time.sleep(2)
            result = load(port, connections, args.seconds, 0, "x")
            p.terminate()
        return result["per_second"]
    with World(stores=1, skus=2, clock=1) as w:
        w.start()
        result = load(w.settings["events"], connections, args.seconds, 0, w.settings["password"])
        assert result["other"] == 0 and result["failed"] == 0, result
    return result["per_second"]


def bench_acknowledge(args):
    print("acknowledgement at 100 bodies a second, ms")
    p50, p99 = [], []
    with World(stores=1, skus=2, clock=1) as w:
        w.start()
        for _ in range(args.rounds):
            result = load(w.settings["events"], 16, args.seconds, 100, w.settings["password"])
            p50.append(result["p50_ms"])
            p99.append(result["p99_ms"])
    row("p50 (at most 0.8)", p50, "ms")
    row("p99 (at most 4)", p99, "ms")


# ---- changes from till to shop ----

def bench_fresh(args):
    print("till to shop, both ends instant, limits off, linger 100 ms, 100 changes a second")
    p50, p99, cpu = [], [], []
    instant = {"sitoo": {"latency_ms": 0, "latency_row_ms": 0, "concurrency": 64, "slot_requests": 0}}
    with World(stores=10, skus=200, clock=1, linger="100ms", sim_settings=instant) as w:
        w.start()
        w.at_rest()
        for _ in range(args.rounds):
            began = usage(w.daemon.pid)[1]
            w.sim("POST", "/tills/run", {"sales": int(100 * args.seconds), "per_second": 100})
            w.until(lambda: not w.sim("GET", "/tills")["running"], "the tills have sold")
            w.at_rest()
            f = w.pipeline()["freshness"]
            p50.append(f["p50_ms"])
            p99.append(f["p99_ms"])
            cpu.append((usage(w.daemon.pid)[1] - began) * 1000 / args.seconds)
    row("freshness p50", p50, "ms")
    row("freshness p99 (at most 250)", p99, "ms")
    row("CPU seconds per 100,000 changes (at most 10)", cpu, "s")


def bench_calls(args):
    print("calls to the shop per 1,000 changes of a Zipf workload, 1,000 changes a second")
    calls = []
    instant = {"sitoo": {"latency_ms": 0, "latency_row_ms": 0, "concurrency": 64, "slot_requests": 0}}
    with World(stores=20, skus=100, clock=1, linger="2s", sim_settings=instant) as w:
        w.write()
        traced = os.path.join(w.dir, "trace.txt")
        with open(w.conf) as f:
            text = f.read()
        with open(w.conf, "w") as f:
            f.write(text.replace("  adobe = {", "  adobe = { trace = \"%s\";" % traced))
        w.run()
        w.at_rest()
        for _ in range(args.rounds):
            before = writes(traced)
            w.sim("POST", "/tills/run", {"sales": 1000 * args.seconds, "per_second": 1000})
            w.until(lambda: not w.sim("GET", "/tills")["running"], "the tills have sold")
            w.at_rest()
            calls.append((writes(traced) - before) / args.seconds)
    row("calls per 1,000 receipts (at most 12 per 1,000 changes)", calls)


def writes(traced):
    with open(traced, errors="replace") as f:
        return sum(" -> " in line and "/rest/" in line for line in f)


# ---- at rest ----

def bench_idle(args):
    print("idle")
    rss, cpu, ready = [], [], []
    for _ in range(args.rounds):
        with World(stores=1, skus=2, clock=1) as w:
            w.write()
            began = time.monotonic()
            w.run()
            ready.append(time.monotonic() - began)
            w.at_rest()
            before = usage(w.daemon.pid)[1]
            time.sleep(args.seconds * 2)
            after = usage(w.daemon.pid)
            rss.append(after[0])
            cpu.append((after[1] - before) / (args.seconds * 2) * 100)
    row("RSS before the first TLS (at most 16)", rss, "MiB")
    row("CPU, percent of a core (at most 0.3)", cpu, "%")
    row("start to the first answer (at most 0.1 and the asking)", ready, "s")


BENCHES = {"accept": bench_accept, "acknowledge": bench_acknowledge, "fresh": bench_fresh, "calls": bench_calls,
           "idle": bench_idle}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", nargs="*", metavar="WHAT", help=" ".join(BENCHES))
    p.add_argument("--seconds", type=int, default=5, help="of each measurement")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--instead", help="another command in our place for `accept`; {port} is its port")
    args = p.parse_args()
    for name in args.what or BENCHES:
        if name not in BENCHES:
            p.error("no benchmark is called %s" % name)
        BENCHES[name](args)


main()
