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
import csv
import http.server
import json
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from measure import peak, row, usage  # noqa: E402
from orders import bench_orders  # noqa: E402
from tb import BUILD, PLUGINS, Daemon, World, free_port  # noqa: E402

LOAD = os.path.join(BUILD, "bench-load")
FLOOR = os.path.join(BUILD, "bench-floor")


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


def commit_times(seconds, rate):
    """What one commit of one row takes when there are so many a second."""
    with tempfile.TemporaryDirectory() as d:
        done = subprocess.run([FLOOR, "commit", os.path.join(d, "floor.db"), "1", str(seconds), str(rate)],
                              capture_output=True, text=True, check=True)
        return json.loads(done.stdout)


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
    p50, p99, floor50, floor99, ratios = [], [], [], [], []
    with World(stores=1, skus=2, clock=1) as w:
        w.start()
        for _ in range(args.rounds):
            floor = commit_times(args.seconds, 100)
            floor50.append(floor["p50_ms"])
            floor99.append(floor["p99_ms"])
            result = load(w.settings["events"], 16, args.seconds, 100, w.settings["password"])
            p50.append(result["p50_ms"])
            p99.append(result["p99_ms"])
            ratios.append(p50[-1] / floor50[-1])
    row("floor: one commit at that rate, p50", floor50, "ms")
    row("floor: one commit at that rate, p99", floor99, "ms")
    row("p50 (at most 0.8)", p50, "ms")
    row("p99 (at most 4)", p99, "ms")
    row("p50 to the floor's p50", ratios)
    if min(floor50) > 0.8:
        print("  the disk alone takes longer than 0.8 ms here: only the ratio says something of us", flush=True)


# ---- changes from till to shop ----

# The daemon is not there yet when the first event goes: a real sender would wait for minutes before its next try.
INSTANT = {"sitoo": {"latency_ms": 0, "latency_row_ms": 0, "concurrency": 64, "slot_requests": 0},
           "events": {"tries_first_hour": 2000}}


def bench_fresh(args):
    print("till to shop, both ends instant, limits off, linger 100 ms, 100 changes a second")
    p50, p99, cpu = [], [], []
    with World(stores=10, skus=200, clock=1, linger="100ms", source='poll-gap = "50ms";', sim_settings=INSTANT) as w:
        w.start()
        w.at_rest()
        sell(w, 500, 100)
        for _ in range(args.rounds):
            began, since = usage(w.daemon.pid)[1], w.sim("GET", "/effects?limit=0")["total"]
            sell(w, 100 * args.seconds, 100)
            ages = sorted(freshness(w, since))
            p50.append(ages[len(ages) // 2])
            p99.append(ages[len(ages) * 99 // 100])
            cpu.append((usage(w.daemon.pid)[1] - began) * 100 / args.seconds)
    row("freshness p50", p50, "ms")
    row("freshness p99 (at most 250)", p99, "ms")
    row("CPU at that rate, percent of a core", cpu, "%")


def table(w, name, key, value):
    with open(os.path.join(w.dir, name), newline="") as f:
        return {row[key]: row[value] for row in csv.DictReader(f)}


def freshness(w, since):
    """Of each till transaction, how long until the shop had it, by the simulators' clock (Sitoo's dates are whole
    seconds): the last write of its row before the next transaction there, else the first one after."""
    source_of, sku_of = table(w, "locations.csv", "warehouse", "source"), table(w, "skus.csv", "till_sku", "shop_sku")
    sold, written = {}, {}
    for e in w.sim("GET", "/effects?since=%d&limit=100000" % since)["effects"]:
        detail = e["detail"]
        if e["what"] == "transaction":
            for item in detail["items"]:
                key = sku_of.get(item["sku"], item["sku"]), source_of[str(detail["warehouse"])]
                sold.setdefault(key, []).append(e["time"])
        elif e["what"] == "source-item":
            written.setdefault((detail["sku"], detail["source"]), []).append(e["time"])
    for key, times in sold.items():
        writes = written.get(key, [])
        for at, following in zip(times, times[1:] + [float("inf")]):
            before = [t for t in writes if at <= t < following]
            after = [t for t in writes if t >= at]
            if after:
                yield (before[-1] if before else after[0]) - at


def sell(w, sales, per_second):
    w.sim("POST", "/tills/run", {"sales": sales, "per_second": per_second})
    w.until(lambda: not w.sim("GET", "/tills")["running"], "the tills have sold")
    w.at_rest()


def levels_moved(w, since):
    """Levels that the tills have changed: one for each item of a transaction."""
    effects = w.sim("GET", "/effects?since=%d&limit=1000000" % since)["effects"]
    return sum(len(e["detail"]["items"]) for e in effects if e["what"] == "transaction")


def bench_calls(args):
    print("calls to the shop per 1,000 changes of a Zipf workload, 1,000 receipts a second")
    calls, cpu, cpu_level, levels = [], [], [], []
    # enough pieces that few rows fall to zero: such a row goes at once, in a call of its own
    with World(stores=20, skus=100, clock=1, linger="2s", sim_settings=dict(INSTANT, world={"stock_most": 400})) as w:
        w.write()
        traced = os.path.join(w.dir, "trace.txt")
        with open(w.conf) as f:
            text = f.read()
        with open(w.conf, "w") as f:
            f.write(text.replace("  adobe = {", "  adobe = { trace = \"%s\";" % traced))
        w.run()
        w.at_rest()
        for _ in range(args.rounds):
            before, began = writes(traced), usage(w.daemon.pid)[1]
            since = w.sim("GET", "/effects?limit=0")["total"]
            sell(w, 1000 * args.seconds, 1000)
            calls.append((writes(traced) - before) / args.seconds)
            cpu.append((usage(w.daemon.pid)[1] - began) * 100 / args.seconds)
            levels.append(levels_moved(w, since) / args.seconds)
            cpu_level.append(cpu[-1] * 1000 / levels[-1])
    row("levels changed by 1,000 receipts", levels)
    row("calls per 1,000 receipts (at most 12 per 1,000 changes)", calls)
    row("CPU seconds per 100,000 receipts, two events each", cpu, "s")
    row("CPU seconds per 100,000 changed levels (at most 10)", cpu_level, "s")


def writes(traced):
    with open(traced, errors="replace") as f:
        return sum(" -> " in line and "/rest/" in line for line in f)


def bench_levels(args):
    """A first start: every level of both ends is read and compared, and the shop's are set right."""
    print("%d levels (20 stores) read and compared, both ends instant, limits off" % args.levels)
    with World(stores=20, skus=args.levels // 20, clock=1, linger="100ms", sim_settings=INSTANT) as w:
        began = time.monotonic()
        w.start()
        w.at_rest(limit=3600)
        row("start until both ends agree", [time.monotonic() - began], "s")
        row("CPU seconds of it", [usage(w.daemon.pid)[1]], "s")
        row("peak RSS (at most 64)", [peak(w.daemon.pid)], "MiB")
        counted = w.counters("stock")
        row("levels accepted", [counted["accepted"]])
        row("of them written to the shop", [counted["applied"] - counted["noop"]])


# ---- a Saturday ----

def bench_saturday(args):
    """The documented Sitoo: one call in flight, 4 a second. The times are those of the clock that runs faster."""
    print("a Saturday: %d stores x %d SKUs, 12,000 receipts an hour, a full read running, clock x %d" %
          (args.stores, args.skus, args.clock))
    with World(stores=args.stores, skus=args.skus, clock=args.clock, rate="4/s", source='full-read = "1h";',
               sim_args=("--seed", "3")) as w:
        began = time.monotonic()
        w.start()
        w.at_rest(limit=3600)
        row("first full read and comparison of %d levels" % (args.stores * args.skus),
            [(time.monotonic() - began) * args.clock], "s of that clock")
        hour, peak_ = samples(w, 12000, 12000 / 3600), samples(w, 20000, 33.3)
        row("till to shop p50 in that hour", hour[0], "ms")
        row("till to shop p99 (under 15,000)", hour[1], "ms")
        row("till to shop p99 at ten times that for ten minutes", peak_[1], "ms")
        w.at_rest(limit=3600)
        o = w.sim("GET", "/observer")
        row("pieces offered beyond the tills' at worst", [o["oversold_worst"]])
        row("longest wait for a slot", [c["longest_wait_ms"] for c in w.status()["connections"]], "ms")
        row("peak RSS", [peak(w.daemon.pid)], "MiB")
        assert w.exceptions() == [], w.exceptions()


def samples(w, sales, per_second):
    """p50 and p99 of freshness, looked at again and again while the tills sell."""
    seen = ([], [])
    w.sim("POST", "/tills/run", {"sales": sales, "per_second": per_second, "returns": 0.03, "bookings": 0.01})
    while w.sim("GET", "/tills")["running"]:
        f = w.pipeline()["freshness"]
        seen[0].append(f["p50_ms"])
        seen[1].append(f["p99_ms"])
        time.sleep(1)
    return seen


# ---- the core alone: plugins of the benchmark's own at both ends ----

ROWS = """
journal = "%(dir)s/journal.db";
listen = { admin = "127.0.0.1:%(admin)d"; control = "%(dir)s/control"; };
connections = { rows = { url = "http://127.0.0.1:%(port)d"; concurrency = 1; %(limits)s }; };
pipelines = ( { name = "rows"; owner = "bench"; mode = "latest"; backlog = 2000000;
  sources = ( { plugin = "bench-source"; records = %(records)d; keys = %(keys)d; every = "1h"; } );
  transforms = ( %(transforms)s );
  sinks = ( { plugin = "bench-sink"; %(sink)s } );
  deliver = { batch = %(batch)d; linger = "%(linger)s"; }; } );
"""


class Rows(Daemon):
    def __init__(self, records, **settings):
        super().__init__(clock=1, **{"records": records, "keys": 100000000, "transforms": "", "batch": 100, "linger": "0s", "port": 9,
                                     "limits": "", "sink": "", **settings})
        self.env["TILLBRIDGE_PLUGIN_PATH"] = PLUGINS + ":" + os.path.abspath(
            os.path.join(BUILD, "tests", "bench", "plugins", ".libs"))
        self.settings.setdefault("hold", self.dir + "/hold")
        with open(self.conf, "w") as f:
            f.write(ROWS % {**self.settings, "sink": self.settings["sink"] % self.settings})

    def count(self, name):
        return self.counters("rows")[name]

    def run_through(self, records):
        """Records a second while all of them go from the source to the sink."""
        began = time.monotonic()
        self.run()
        self.until(lambda: self.count("applied") == records, "all are applied", 600, 0.05)
        return records / (time.monotonic() - began)


def drain(w, records):
    """Records a second; the first tenth is left out."""
    os.unlink(w.settings["hold"])
    w.until(lambda: w.count("applied") >= records / 10, "it drains", 600, 0.05)
    began, start = time.monotonic(), w.count("applied")
    w.until(lambda: w.count("applied") == records, "it has drained", 600, 0.05)
    return (records - start) / (time.monotonic() - began)


def bench_backlog(args):
    print("a backlog of %d records" % args.records)
    with Rows(args.records, sink='hold = "%(hold)s";') as w:
        open(w.settings["hold"], "w").close()
        began = time.monotonic()
        w.run()
        w.until(lambda: w.count("accepted") == args.records, "all are in the journal", 900, 0.2)
        row("accepted from the source", [args.records / (time.monotonic() - began)], "/s")
        row("peak RSS while it grew (at most 64)", [peak(w.daemon.pid)], "MiB")
        w.kill()
        began = time.monotonic()
        w.run()
        row("start to the first answer with it (at most 1)", [time.monotonic() - began], "s")
        before = usage(w.daemon.pid)[1]
        row("drained in batches of 100 (at least 30,000)", [drain(w, args.records)], "/s")
        row("CPU of it, of one record", [(usage(w.daemon.pid)[1] - before) * 1e6 / args.records], "us")
        row("peak RSS while it drained (at most 64)", [peak(w.daemon.pid)], "MiB")
        w.law()


def bench_transforms(args):
    print("three transforms that do nothing, against none")
    none, three, ratios = [], [], []
    for _ in range(args.rounds):
        for transforms, into in (("", none), (", ".join(['{ plugin = "bench-pass"; }'] * 3), three)):
            with Rows(args.records // 10, transforms=transforms) as w:
                into.append(w.run_through(args.records // 10))
        ratios.append(three[-1] / none[-1])
    row("through the core with none", none, "/s")
    row("through the core with three", three, "/s")
    row("ratio (at least 0.9)", ratios)


class Limited(http.server.BaseHTTPRequestHandler):
    """Takes ten calls a second, and answers 429 beyond."""
    protocol_version = "HTTP/1.1"
    lock, calls, refused, values, slot = threading.Lock(), 0, 0, {}, []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with Limited.lock:
            now = time.monotonic()
            Limited.calls += 1
            Limited.slot = [t for t in Limited.slot if now - t < 1]
            good = len(Limited.slot) < 10
            Limited.refused += not good
            if good:
                Limited.slot.append(now)
                Limited.values[body["n"] % 100] = (body["n"], now)
        self.send_response(200 if good else 429)
        if not good:
            self.send_header("Retry-After", "1")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def bench_limited(args):
    print("a sink that takes 10 calls a second of one row, 3,000 changes on 100 keys in 30 s")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Limited)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Rows(3000, keys=100, port=server.server_address[1], limits='rate = "%s";' % args.limit,
              sink='connection = "rows"; post = true;', batch=1, linger="1s") as w:
        with open(w.conf) as f:
            text = f.read().replace("records = 3000", "records = 3000; per-second = 100").replace('every = "1h"', 'every = "100ms"')
        with open(w.conf, "w") as f:
            f.write(text)
        began = time.monotonic()
        w.run()
        w.until(lambda: w.count("accepted") == 3000, "all were told", 120)
        last = time.monotonic()
        w.until(lambda: w.count("pending") == 0, "nothing is pending", 120)
        assert len(Limited.values) == 100 and all(v[0] >= 2900 for v in Limited.values.values()), "a last value is missing"
        w.law()
        row("the last change was told after", [last - began], "s")
        row("answers 429 (at most 10)", [Limited.refused])
        row("calls (at most 420)", [Limited.calls])
        row("last values there after the last change (at most 12)",
            [max(v[1] for v in Limited.values.values()) - last], "s")
    server.shutdown()


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
           "idle": bench_idle, "backlog": bench_backlog, "transforms": bench_transforms, "limited": bench_limited,
           "levels": bench_levels, "orders": bench_orders}
LONG = {"saturday": bench_saturday}  # only when they are asked for


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", nargs="*", metavar="WHAT", help=" ".join([*BENCHES, *LONG]))
    p.add_argument("--seconds", type=int, default=5, help="of each measurement")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--records", type=int, default=1000000, help="of `backlog`; a tenth of it for `transforms`")
    p.add_argument("--levels", type=int, default=200000, help="of `levels`")
    p.add_argument("--limit", default="10/s", help="the rate that `limited` knows of")
    p.add_argument("--stores", type=int, default=200, help="of `saturday`")
    p.add_argument("--skus", type=int, default=20000, help="of `saturday`")
    p.add_argument("--clock", type=int, default=20, help="of `saturday`: how much faster it runs")
    p.add_argument("--instead", help="another command in our place for `accept`; {port} is its port")
    args = p.parse_args()
    for name in args.what or BENCHES:
        if name not in BENCHES and name not in LONG:
            p.error("no benchmark is called %s" % name)
        {**BENCHES, **LONG}[name](args)


main()
