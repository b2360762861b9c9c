# SPDX-License-Identifier: Apache-2.0
"""The real daemon, ended or failed at one system call or allocation, and judged by a run without faults afterwards.

    python3 crash.py                     what `make check` runs: some points of every part
    python3 crash.py campaign            all of them; POINTS kills (make campaign-crash POINTS=10000)
    python3 crash.py PART [POINT]...     one part, or its named points: what a failure says after "again:"

A house is a folder with three pipelines: lines of a file in order, lines of which the latest of a key counts, and
webhook bodies; LINES of them in all. Whatever was done to the daemon, it must end by itself or by SIGTERM within
LIMIT seconds, with a code that says why; and the daemon that is then started without a fault must settle all of them,
each once, with law 1 for every pipeline and a journal that is sound. What was answered with 200 is in it.
"""
import argparse
import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "system"))
from tb import BUILD, PLUGINS, Daemon, free_port  # noqa: E402

TILLBRIDGE = os.path.join(PLUGINS, "tillbridge")
HERE = os.path.abspath(os.path.join(BUILD, "tests", "faults"))
INJECT = os.path.join(HERE, "inject")
PRELOAD = os.path.join(HERE, "plugins", ".libs", "allocation.so")
LIMIT = 30         # seconds in which it must have ended once it was told to
PATIENCE = 4       # seconds that a run with a fault may take to settle everything before it is told to end
EACH = {"ordered": 80, "latest": 80, "hook": 40}
LINES = sum(EACH.values())
KEYS = 16
POSTERS = 3
MAIN = "signalfd4"  # the call that the daemon begins with, once its loader is done
GOOD, BUG, IO, TEMPORARY, CONFIG, LOADER = 0, 70, 74, 75, 78, 127

CONFIGURATION = """
journal = "%(dir)s/journal.db";
listen = { events = "127.0.0.1:%(events)d"; admin = "127.0.0.1:%(admin)d"; control = "%(dir)s/control"; };
connections = { hook = { url = "http://127.0.0.1:9"; webhook = { user = "hook"; password = "secret"; }; }; };
pipelines = (
  { name = "ordered"; owner = "tests"; mode = "ordered";
    sources = ( { plugin = "file-source"; stream = "lines"; path = "%(dir)s/ordered.in"; every = "1s"; } );
    sinks   = ( { plugin = "file-sink"; path = "%(dir)s/ordered.out"; } ); deliver = { batch = 20; linger = "1ms"; }; },
  { name = "latest"; owner = "tests"; mode = "latest";
    sources = ( { plugin = "file-source"; stream = "lines"; path = "%(dir)s/latest.in"; every = "1s"; } );
    sinks   = ( { plugin = "file-sink"; path = "%(dir)s/latest.out"; } ); deliver = { batch = 20; linger = "1ms"; }; },
  { name = "hook"; owner = "tests"; mode = "ordered";
    sources = ( { plugin = "body-source"; connection = "hook"; stream = "bodies"; events = true; } );
    sinks   = ( { plugin = "file-sink"; path = "%(dir)s/hook.out"; } ); deliver = { batch = 20; linger = "1ms"; }; } );
"""


def body(n):
    return json.dumps({"key": "k%d" % (n % KEYS), "n": n}).encode()


class Wrong(Exception):
    """What was seen and must not be."""


def expect(condition, *what):
    if not condition:
        raise Wrong(" ".join(str(w) for w in what))


class House(Daemon):
    def __init__(self, portions=1):
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) and not os.environ.get("ON_DISK") else None
        tempfile.tempdir = base
        super().__init__(100)
        self.env["TILLBRIDGE_PLUGIN_PATH"] = "%s:%s" % (PLUGINS, os.path.join(HERE, "plugins", ".libs"))
        self.env["LD_LIBRARY_PATH"] = PLUGINS
        self.env["ASAN_OPTIONS"] = "detect_leaks=0"
        self.portions, self.brought, self.acknowledged = portions, 0, set()
        self.write()
        self.bring()

    def show_logs(self):
        """What it complained of last: with a failure that is told."""
        with open(self.path("daemon.log"), errors="replace") as f:
            print("".join("     | %s" % line for line in f if "level=info" not in line)[-1500:], end="")
        if os.environ.get("KEEP_WRONG"):
            kept = shutil.copytree(self.dir, os.path.join(os.environ["KEEP_WRONG"], os.path.basename(self.dir)),
                                   ignore=shutil.ignore_patterns("control*"))
            print("     kept: %s" % kept)

    def write(self):
        with open(self.conf, "w") as f:
            f.write(CONFIGURATION % self.settings)

    def path(self, name):
        return os.path.join(self.dir, name)

    def due(self, pipeline):
        """How many records of it were brought so far."""
        return EACH[pipeline] * self.brought // self.portions

    def bring(self):
        """The next portion of the lines; bodies are posted while it runs."""
        self.brought += 1
        for name in ("ordered", "latest"):
            before = EACH[name] * (self.brought - 1) // self.portions
            with open(self.path(name + ".in"), "ab") as f:
                f.write(b"".join(body(n) + b"\n" for n in range(before, self.due(name))))

    # ---- a run ----

    def begin(self, *how, env=None):
        with open(self.path("daemon.log"), "ab") as log:
            self.daemon = subprocess.Popen([*how, TILLBRIDGE, "run", "-c", self.conf], env=dict(self.env, **(env or {})),
                                           stdout=log, stderr=log)
        return self.daemon

    def ready(self):
        self.until(lambda: not self.alive() or self.counters(), "it answers", 20, 0.01)
        expect(self.alive(), "it does not start")

    def alive(self):
        return self.daemon.poll() is None

    def call(self, method, path, data=None, port="admin", timeout=5):
        connection = http.client.HTTPConnection("127.0.0.1", self.settings[port], timeout=timeout)
        token = base64.b64encode(b"hook:secret").decode()
        try:
            connection.request(method, path, data, {"Authorization": "Basic " + token} if data else {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def post(self, n):
        code, _ = self.call("POST", "/events/hook", body(n), "events")
        expect(code in (0, 200, 208, 503), "an event was answered with", code)
        if code in (200, 208):
            self.acknowledged.add(n)
        return code

    def counters(self):
        code, text = self.call("GET", "/api/v1/status")
        if code != 200:
            return None
        try:
            counters = {p["name"]: p["counters"] for p in json.loads(text)["pipelines"]}
            return counters if len(counters) == len(EACH) else None
        except (ValueError, KeyError):
            raise Wrong("status is not whole: %r" % text[:300])

    def settled(self):
        for name in EACH:
            if not os.path.exists(self.path(name + ".out")):
                return False
        counters = self.counters()
        return bool(counters) and all(counters[name]["accepted"] >= self.due(name) and not counters[name]["pending"]
                                      for name in EACH)

    def post_until(self, wanted, end):
        while wanted and self.alive() and time.monotonic() < end:
            if self.post(wanted[0]) in (200, 208):
                wanted.pop(0)
            else:
                time.sleep(0.005)

    def work(self, patience):
        """Posts what is due, by several at once, and waits until all is settled; False: it ended, or patience did."""
        end, wanted = time.monotonic() + patience, [n for n in range(self.due("hook")) if n not in self.acknowledged]
        with concurrent.futures.ThreadPoolExecutor(POSTERS) as pool:
            list(pool.map(lambda k: self.post_until(wanted[k::POSTERS], end), range(POSTERS)))
        while self.alive() and time.monotonic() < end:
            if self.settled():
                return True
            time.sleep(0.01)
        return False

    def finish(self):
        """Ends it by SIGTERM if it runs; its code, -N for a signal."""
        if self.alive():
            self.daemon.send_signal(signal.SIGTERM)
        try:
            code = self.daemon.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
            raise Wrong("it did not end within %d s" % LIMIT)
        return 128 - code if code < 0 else code

    # ---- judging ----

    def judge(self):
        """The run without a fault: everything comes to rest, and it is what it must be."""
        while self.brought < self.portions:
            self.bring()
        before = set(self.acknowledged)
        self.begin()
        expect(self.work(60), "a run without a fault did not settle everything:", self.counters(), self.exceptions_open())
        for n in sorted(before):
            expect(self.post(n) == 208, "body", n, "was acknowledged and is not known")
        self.law()
        code = self.finish()
        expect(code == GOOD, "a run without a fault ended with", code)
        self.judge_files()
        self.judge_journal()

    def exceptions_open(self):
        return self.call("GET", "/api/v1/exceptions")[1][:600]

    def law(self):
        for name, c in self.counters().items():
            total = c["applied"] + c["superseded"] + c["dropped"] + c["parked"] + c["pending"]
            expect(c["accepted"] == total == EACH[name], "law 1 of", name, c)
            expect(c["parked"] == c["dropped"] == c["pending"] == 0, name, c)

    def lines(self, name):
        """The whole lines: one that was torn by a kill has no end or is no JSON, and counts for nothing."""
        found = []
        with open(self.path(name + ".out"), "rb") as f:
            for line in f:
                try:
                    found.append(json.loads(line))
                except ValueError:
                    pass
        return found

    def judge_files(self):
        for name, most in EACH.items():
            lines = self.lines(name)
            ids = [line["tillbridge-id"] for line in lines]
            doubled = {i for i in ids if ids.count(i) > 1}
            expect(not doubled, "doubled in", name, sorted(doubled)[:5])
            numbers = [line["n"] for line in lines]
            if name != "latest":
                expect(sorted(numbers) == list(range(most)), name, "lost:", sorted(set(range(most)) - set(numbers))[:5])
            for key in range(KEYS):
                of_key = [n for n in numbers if n % KEYS == key]
                if name != "hook":  # posts may overtake each other, a file's lines may not
                    expect(of_key == sorted(of_key), name, "out of order:", of_key)
                    expect(of_key and of_key[-1] == max(range(key, most, KEYS)), name, "does not end with the latest")

    def judge_journal(self):
        with sqlite3.connect("file:%s?mode=ro" % self.path("journal.db"), uri=True) as db:
            expect(db.execute("PRAGMA quick_check").fetchall() == [("ok",)], "quick_check")
            known = {row[0] for row in db.execute("SELECT id FROM dedup WHERE scope = 'hook'")}
            lost = [n for n in self.acknowledged if hashlib.sha256(body(n)).hexdigest() not in known]
            expect(not lost, "acknowledged and lost:", lost)
            for table in ("record", "intent", "inbox"):
                expect(db.execute("SELECT count(*) FROM " + table).fetchone() == (0,), "something is left in", table)
        db.close()


# ---- the parts: each gives its points as texts, and plays one of them ----

def measured(kind):
    """What a run without a fault does: {call: n}, or how many allocations and how many blocks it leaves."""
    with House() as h:
        counts = h.path("counts")
        if kind == "calls":
            h.begin(INJECT, "--from", MAIN, "--count", counts, "--")
        else:
            h.begin(env={"LD_PRELOAD": PRELOAD, "TILLBRIDGE_COUNT_ALLOCATIONS": counts})
        expect(h.work(60), "the run that is measured did not settle everything")
        expect(h.finish() == GOOD, "the run that is measured did not end well")
        with open(counts) as f:
            text = f.read().split()
        return dict(zip(text[::2], map(int, text[1::2]))) if kind == "calls" else tuple(map(int, text))


_measured = {}


def measure(kind):
    if kind not in _measured:
        _measured[kind] = measured(kind)
    return _measured[kind]


def tidy(h, code, *more):
    """Before there is a journal, libconfig may go down by itself: it does not look whether it got its memory; and on a
    slow machine SIGTERM may come before the daemon listens to it."""
    if code in (128 + signal.SIGSEGV, 128 + signal.SIGTERM) and not os.path.exists(h.path("journal.db")):
        return
    expect(code in (GOOD, BUG, IO, TEMPORARY, LOADER) + more, "it ended with", code)


def kill_points(most, chance):
    """One kill in a run: every call once before more than once; before it and after it in turn."""
    total = measure("calls")["all"]
    order = chance.sample(range(1, total + 1), total)
    return ["%s=%d" % (("kill", "kill-after")[k % 2], order[k % total]) for k in range(most)]


def kill_one(point):
    how, n = point.split("=")
    with House() as h:
        h.begin(INJECT, "--" + how, n, "--")
        h.work(PATIENCE)
        code = h.finish()
        expect(code in (GOOD, 128 + signal.SIGKILL), "it ended with", code)
        h.judge()
        return "killed" if code else "over before"


CHAIN = 5


def chain_points(most, chance):
    """Kill after kill of one journal, each in a run with a fresh portion of the lines."""
    total = measure("calls")["all"]
    return ["%d" % chance.randrange(1 << 30) + ":%d" % total for _ in range(most // CHAIN)]


def chain_one(point):
    seed, total = map(int, point.split(":"))
    chance = random.Random(seed)
    killed = 0
    with House(CHAIN) as h:
        for k in range(CHAIN):
            h.begin(INJECT, "--kill", str(chance.randrange(1, total)), "--")
            h.work(PATIENCE)
            killed += h.finish() > 128
            if k + 1 < CHAIN:
                h.bring()
        h.judge()
    return "killed", killed


def term_points(most, chance):
    total = measure("calls")["all"]
    return ["%d" % n for n in chance.sample(range(1, total + 1), min(most, total))]


def term_one(point):
    with House() as h:
        h.begin(INJECT, "--term", point, "--")
        settled = h.work(PATIENCE)
        code = h.finish()
        # before signals are blocked it is ended by the signal itself; two in a row are "at once"
        expect(code in (GOOD, 128 + signal.SIGTERM), "it ended with", code)
        h.judge()
        return "over before" if settled else "ended in order" if code == GOOD else "by the signal"


def allocation_points(most, chance):
    total, _ = measure("allocations")
    order = chance.sample(range(1, total + 1), min(most, total))
    return ["%d%s" % (n, "+" if k % 4 == 3 else "") for k, n in enumerate(order)]


def allocation_one(point):
    with House() as h:
        counts = h.path("counts")
        h.begin(env={"LD_PRELOAD": PRELOAD, "TILLBRIDGE_FAIL_ALLOCATION": point, "TILLBRIDGE_COUNT_ALLOCATIONS": counts})
        h.work(PATIENCE if point[-1] != "+" else 1)
        code = h.finish()
        tidy(h, code)
        if os.path.exists(counts) and code != LOADER and os.environ.get("LEAKS"):
            with open(counts) as f:
                live = int(f.read().split()[1])
            expect(live <= measure("allocations")[1] + 8, "blocks left:", live, "usually", measure("allocations")[1])
        h.judge()
        return came(code)


# What the kernel may say to each call; what cannot happen there shows nothing. (brk has no error to return: it gives the
# old end back.)
ERRORS = {
    "accept4": "ECONNRESET EINTR EMFILE ENOMEM", "bind": "ENOMEM", "clone3": "EAGAIN ENOMEM",
    "close": "EINTR EIO", "connect": "ECONNRESET EINTR", "epoll_create1": "EMFILE ENOMEM", "epoll_ctl": "ENOMEM ENOSPC",
    "epoll_wait": "EINTR", "eventfd2": "EMFILE ENOMEM", "fchmod": "EIO EROFS", "fcntl": "EINTR EMFILE ENOMEM",
    "fdatasync": "EIO ENOSPC", "flock": "EINTR ENOMEM", "fsync": "EIO ENOSPC", "ftruncate": "EINTR EIO ENOSPC",
    "getdents64": "EIO ENOMEM", "getrandom": "EINTR", "ioctl": "ENOMEM", "listen": "ENOMEM", "lseek": "EIO",
    "mmap": "EAGAIN EMFILE ENOMEM", "mprotect": "ENOMEM", "munmap": "ENOMEM", "newfstatat": "EIO ENOMEM",
    "openat": "EINTR EIO EMFILE ENOMEM ENOSPC EROFS", "pipe2": "EMFILE", "poll": "EINTR ENOMEM",
    "pread64": "EINTR EIO ENOMEM", "pwrite64": "EINTR EIO ENOSPC", "read": "ECONNRESET EINTR EIO ENOMEM",
    "readlink": "EIO ENOMEM", "recvfrom": "ECONNRESET EINTR ENOMEM", "rename": "EIO ENOSPC", "sendmsg": "ECONNRESET EINTR ENOMEM",
    "sendto": "ECONNRESET EINTR ENOMEM", "setsockopt": "ENOMEM", "signalfd4": "EMFILE ENOMEM", "socket": "EMFILE ENOMEM",
    "socketpair": "EMFILE ENOMEM", "unlink": "EIO EROFS", "write": "EINTR EIO ENOSPC", "writev": "ECONNRESET EIO",
}


# The C library itself ends a process that cannot give back the stack of a thread that has ended (nptl: "this should never
# fail"). What counts is what the next run finds.
ABORTED = (128 + signal.SIGABRT,)


def fault_points(most, chance):
    """Every call by its name, first those that come seldom: calls that come often are the same over and over."""
    counts, points = measure("calls"), []
    for call, errors in sorted(ERRORS.items()):
        n = counts.get(call, 0)
        for nth in range(1, n + 1):
            for k, error in enumerate(errors.split()):
                for_ever = (nth + k) % 5 == 0 and error not in ("EINTR", "EAGAIN", "ECONNRESET")
                points.append((nth, "%s:%d%s:%s" % (call, nth, "+" if for_ever else "", error)))
    if len(points) <= most:
        return [p[1] for p in points]
    weights = sorted(points, key=lambda p: chance.random() ** (1 / (1 + 30 / p[0])), reverse=True)
    return [p[1] for p in weights[:most]]


def fault_one(point):
    with House() as h:
        h.begin(INJECT, "--from", MAIN, "--fault", point, "--")
        h.work(PATIENCE if "+" not in point else 1)
        code = h.finish()
        tidy(h, code, *(ABORTED if point.startswith("munmap:") else ()))
        h.judge()
        return came(code)


def load_points(most, chance):
    """SIGKILL at any moment, by the clock, again and again on one journal while bodies are posted."""
    return ["%d" % chance.randrange(1 << 30) for _ in range(most // CHAIN)]


def load_one(point):
    chance, killed = random.Random(int(point)), 0
    with House(CHAIN) as h:
        for k in range(CHAIN):
            daemon = h.begin()
            timer = threading.Timer(chance.uniform(0.02, 0.25), daemon.kill)
            timer.start()
            h.work(PATIENCE)
            timer.join()
            killed += h.finish() > 128
            if k + 1 < CHAIN:
                h.bring()
        h.judge()
    return "killed", killed


def disk_points(most, chance):
    """The disk is full, broken or not to be written from the N-th call on."""
    counts = measure("calls")
    points = ["%s:%d+:%s" % (call, n, error)
              for call, errors in (("pwrite64", "ENOSPC EIO"), ("fdatasync", "EIO ENOSPC"), ("fsync", "EIO"),
                                   ("write", "ENOSPC EIO"), ("openat", "EROFS"), ("ftruncate", "EIO"), ("pread64", "EIO"))
              for error in errors.split() for n in range(1, counts.get(call, 0) + 1)]
    return chance.sample(points, min(most, len(points)))


def flip_points(most, chance):
    return ["%d" % chance.randrange(1 << 30) for _ in range(most)]


def flip_one(point):
    """Bits of the journal turn over while nobody looks. What it does not see as damage it must still treat as data."""
    chance = random.Random(int(point))
    with House(2) as h:
        h.begin(INJECT, "--kill", str(chance.randrange(4000, 7000)), "--")
        h.work(PATIENCE)
        h.finish()
        journal = h.path("journal.db") + chance.choice(["", "", "", "-wal"])
        if not os.path.exists(journal) or not os.path.getsize(journal):
            return "no file yet"
        with open(journal, "r+b") as f:
            for _ in range(chance.choice([1, 1, 4, 64])):
                at = chance.randrange(os.path.getsize(journal))
                f.seek(at)
                byte = f.read(1)[0] ^ (1 << chance.randrange(8))
                f.seek(at)
                f.write(bytes([byte]))
        h.bring()
        h.begin()
        h.work(1)
        code = h.finish()
        tidy(h, code, CONFIG)  # a header that is none: the file is not a journal
        return came(code)


def two_points(most, chance):
    return ["held", "unlocked"][:most]


def two_one(point):
    """A second daemon of one journal: refused by the lock; if somebody takes the lock away, the first must stop."""
    with House() as h:
        first = h.begin()
        h.ready()
        ports = dict(h.settings)
        if point == "unlocked":
            os.unlink(h.path("journal.db.lock"))
            h.settings.update(events=free_port(), admin=free_port())
            with open(h.conf, "w") as f:
                f.write((CONFIGURATION % h.settings).replace("/control\"", "/control2\""))
        second = h.begin()
        if point == "held":
            expect(second.wait(LIMIT) == TEMPORARY, "the second ended with", second.returncode)
            with open(h.path("daemon.log")) as f:
                expect("process %d" % first.pid in f.read(), "it does not say whose the journal is")
            h.daemon = first
        else:
            h.ready()
            mine, h.settings, h.daemon = h.settings, ports, first
            with open(h.path("ordered.in"), "ab") as f:  # it has something to write
                f.write(b"{\"no\": \"key\"}\n")
            for n in range(3):
                h.post(n)
            expect(first.wait(LIMIT) == IO, "the first ended with", first.returncode)
            h.settings, h.daemon = mine, second
        h.work(PATIENCE)
        expect(h.finish() == GOOD, "the one that stays does not end well")
        h.write()
        h.judge()
        return "as it must be"


def clock_points(most, chance):
    total = measure("calls")["all"]
    return ["%s:%d" % (("-86400", "86400", "-2000000")[k % 3], chance.randrange(total // 4, total)) for k in range(most)]


def clock_one(point):
    """The wall clock is another day when it is started again."""
    step, n = map(int, point.split(":"))
    with House() as h:
        h.begin(INJECT, "--kill", str(n), "--")
        h.work(PATIENCE)
        h.finish()
        rate, base = h.env["TILLBRIDGE_CLOCK_RATE"].split("@")
        h.env["TILLBRIDGE_CLOCK_RATE"] = "%s@%d" % (rate, int(base) - step // (int(rate) - 1))
        h.judge()
        return "came to rest"


PARTS = {"kill": (kill_points, kill_one), "chain": (chain_points, chain_one), "load": (load_points, load_one),
         "term": (term_points, term_one), "allocation": (allocation_points, allocation_one),
         "fault": (fault_points, fault_one), "disk": (disk_points, fault_one), "flip": (flip_points, flip_one),
         "two": (two_points, two_one), "clock": (clock_points, clock_one)}
SAMPLE = {"kill": 40, "chain": 30, "load": 30, "term": 16, "allocation": 50, "fault": 36, "disk": 10, "flip": 12, "two": 2,
          "clock": 3}
EVERY = 1 << 30  # all that there are


# ---- running them ----

def play(part, point):
    """(part, point, what came of it, what was wrong)."""
    try:
        return part, point, PARTS[part][1](point), None
    except Wrong as e:
        return part, point, None, str(e)
    except Exception as e:  # whatever it is, it is told with its point
        return part, point, None, "%s: %s" % (type(e).__name__, e)


def run(wanted, jobs):
    """Plays [(part, point)]; {what came of it: n}, and how many were wrong."""
    count, failed = {}, 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for part, point, what, wrong in pool.map(lambda w: play(*w), wanted):
            n = what[1] if isinstance(what, tuple) else 1
            what = what[0] if isinstance(what, tuple) else what
            count[what or "WRONG"] = count.get(what or "WRONG", 0) + n
            if wrong:
                failed += 1
                print("FAIL %s %s: %s\n     again: crash.py %s %s" % (part, point, wrong, part, point), flush=True)
    return count, failed


def came(code):
    return "went on" if code == GOOD else "ended by the C library" if code in ABORTED else "ended before it began" if code > 128 else "ended with %d" % code


def campaign(kills):
    """How many points of each part, for so many kills."""
    return {"kill": kills * 6 // 10, "chain": kills * 2 // 10, "load": kills * 2 // 10, "term": kills // 10,
            "allocation": EVERY, "fault": EVERY, "disk": EVERY, "flip": kills // 10, "two": 2, "clock": 100}


def sanitized():
    """A preloaded allocator and the sanitizers' own do not go together."""
    with open(TILLBRIDGE, "rb") as f:
        return b"libasan.so" in f.read()


def evidence(part, points, count):
    """A line for tests/EVIDENCE.tsv."""
    where = os.environ.get("top_srcdir") or "."
    commit = subprocess.run(["git", "-C", where, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    print("%s\t%s\tcrash-%s\t%d\t%s" % (time.strftime("%F", time.gmtime()), commit or "unknown", part, points,
                                       ", ".join("%d %s" % (n, w) for w, n in sorted(count.items()))), flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", default="sample", choices=["sample", "campaign", *PARTS])
    parser.add_argument("points", nargs="*")
    parser.add_argument("--most", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("JOBS") or 2))
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    chance = random.Random(a.seed)
    if not all(os.path.exists(p) for p in (TILLBRIDGE, INJECT, PRELOAD)) or subprocess.call([INJECT, "/bin/true"]) == 77:
        print("skipped: nothing is built, or system calls cannot be stopped here")
        sys.exit(77)
    if a.what == "sample" and sanitized():
        print("skipped: in a tree without sanitizers, where memory can be made short and calls cost what they cost")
        sys.exit(77)
    sizes = {"sample": SAMPLE, "campaign": campaign(int(os.environ.get("POINTS") or 10000))}.get(a.what, {a.what: a.most or 1000})
    played, failed = 0, 0
    for part, most in sizes.items():
        if part == "allocation" and sanitized():
            print("allocation: not with the sanitizers")
            continue
        began = time.monotonic()
        wanted = [(part, p) for p in a.points or PARTS[part][0](most, chance)]
        count, bad = run(wanted, a.jobs)
        played, failed = played + len(wanted), failed + bad
        print("%s: %s (%.0f s)" % (part, ", ".join("%d %s" % (n, w) for w, n in sorted(count.items())), time.monotonic() - began),
              flush=True)
        if a.what == "campaign":
            evidence(part, len(wanted), count)
    print("%d passed, %d failed" % (played - failed, failed))
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
