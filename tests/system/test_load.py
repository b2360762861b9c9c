# SPDX-License-Identifier: Apache-2.0
"""The receiver under load: a crowd of bad peers (crowd.c: silent ones, slow heads, slow bodies, slow readers, wrong
credentials, hogs of kept connections, churn) from many addresses, while genuine senders on two others post 20 events a
second each, on new and on kept connections. All genuine events are answered and counted once, memory and descriptors
stay flat, and people still get their answers. Then the same senders on a slow disk, and a daemon that runs out of
descriptors.

What runs in `make check` is a sample. It asserts no time but one: nobody waits for the deadline of a stranger's head.
LOAD=10000x60 (connections, seconds) plays the large one, which also holds the acknowledgement's p99 under a second, and
prints a line for EVIDENCE.tsv.
"""
import base64
import datetime
import http.client
import itertools
import json
import os
import resource
import socket
import subprocess
import threading
import time

from tb import BUILD, World, http as call, main

CROWD = os.path.join(BUILD, "crowd")
SLOW_DISK = os.path.abspath(os.path.join(BUILD, "tests/system/slow-disk.so"))
GENUINE = ("127.0.0.1", "127.0.2.1")
HEAD = 5  # seconds that a stranger may take for a head
PATIENCE = 15  # seconds until a sender of webhooks gives up
FLAT = 16 << 20  # bytes of memory that the daemon may gain after the first third
# A sanitizer keeps freed memory aside, which looks like growth; and it wants to be the first that is loaded.
SANITIZER = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4:verify_asan_link_order=0"}


# ---- genuine senders ----

def event(n):
    return json.dumps([{"event_id": "%032x" % n, "event_type": "order", "event_date": 1733000123, "account_id": 1500,
                        "data": {"eshop_id": 1, "order_id": 900000 + n, "order_event_type": "add"}}]).encode()


class Posts:
    """What was sent by all senders, and what became of it."""

    def __init__(self, w):
        token = base64.b64encode(("sitoo:%s" % w.settings["password"]).encode()).decode()
        self.port = w.settings["events"]
        self.headers = {"Authorization": "Basic " + token, "Content-Type": "application/json"}
        self.numbers = itertools.count(1)
        self.sent = {}  # number: the status of its last answer, 0 for none
        self.answers, self.seconds, self.unanswered, self.again = {}, {True: [], False: []}, [], 0  # seconds: by kept

    def connect(self, source):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE, source_address=(source, 0))

    def exchange(self, connection, n):
        connection.request("POST", "/events/sitoo", event(n), self.headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def post(self, connection, source, n, planned):
        """The connection for the next; a kept one that was closed meanwhile is opened anew, as every sender does."""
        status, why, kept = None, None, connection.used
        try:
            try:
                status = self.exchange(connection, n)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                if not connection.used:
                    raise
                self.again += 1
                connection = self.connect(source)
                status = self.exchange(connection, n)
        except (OSError, http.client.HTTPException) as e:
            why = repr(e)
        took = time.monotonic() - planned
        self.sent[n] = status or 0
        self.answers[status] = self.answers.get(status, 0) + 1
        if status is None:
            self.unanswered.append("%s after %.2f s" % (why, took))
        else:
            self.seconds[kept].append(took)
        connection.used = status is not None
        return connection

    def stream(self, source, kept, rate, stop):
        """So many a second; how long each took is told from when it should have been sent."""
        connection, planned = self.connect(source), time.monotonic()
        connection.used = False
        while not stop.wait(max(0, planned - time.monotonic())):
            connection = self.post(connection, source, next(self.numbers), planned)
            if not kept or not connection.used:
                connection.close()
                connection = self.connect(source)
                connection.used = False
            planned += 1 / rate
        connection.close()

    def repeat(self):
        """What was not acknowledged is sent until it is; as the sender does, later."""
        for n in [n for n, status in self.sent.items() if status != 200]:
            World.until(lambda n=n: self.once(n) == 200, "a repeated event is acknowledged", 60)

    def once(self, n, source=GENUINE[0]):
        connection = self.connect(source)
        connection.used = False
        self.sent[n] = 0
        try:
            self.sent[n] = self.exchange(connection, n)
        except (OSError, http.client.HTTPException):
            pass
        connection.close()
        return self.sent[n]

    def all_seconds(self):
        return self.seconds[True] + self.seconds[False]

    def told(self):
        parts = ["%d acknowledgements" % len(self.all_seconds())]
        for name, seconds in (("all", self.all_seconds()), ("new", self.seconds[False]), ("kept", self.seconds[True])):
            s = sorted(seconds) or [float("nan")]
            parts.append("%s p50 %.0f ms p99 %.0f ms longest %.0f ms" % (name, 1000 * s[len(s) // 2], 1000 * s[len(s) * 99 // 100],
                                                                      1000 * s[-1]))
        return ", ".join(parts) + "; answers %s; %d unanswered, %d kept connections opened anew" % (
            {str(k): v for k, v in self.answers.items() if k}, len(self.unanswered), self.again)

    def p99(self):
        s = sorted(self.all_seconds())
        return s[len(s) * 99 // 100]


# ---- the daemon, seen from outside ----

def received(w):
    return next(c for c in w.status()["inbox"] if c["connection"] == "sitoo")


def memory(w):
    with open("/proc/%d/statm" % w.daemon.pid) as f:
        return int(f.read().split()[1]) * resource.getpagesize()


def descriptors(w):
    return len(os.listdir("/proc/%d/fd" % w.daemon.pid))


def cpu(w):
    """Seconds that the daemon has used."""
    with open("/proc/%d/stat" % w.daemon.pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def health(w):
    return call("GET", "http://127.0.0.1:%d/healthz" % w.settings["admin"], timeout=PATIENCE)[0]


def quiet_world(**settings):
    """Where nobody but the test sends events."""
    w = World(stores=1, skus=2, clock=1, **settings)
    w.env.update(SANITIZER)
    w.start()
    w.sim("POST", "/settings", {"events": {"url": None}})
    w.until(lambda: received(w)["unread"] == 0, "the simulators' own are expanded")
    return w


def counted_once(w, posts, before, others=0):
    """Every event that was sent is in the journal, once: it is known when it comes again, and no more are there."""
    posts.repeat()
    w.until(lambda: received(w)["unread"] == 0, "all bodies are expanded")
    c = received(w)
    assert c["received"] == c["expanded"] + c["duplicate"] + c["malformed"] + c["unread"], c
    new = (c["received"] - c["duplicate"]) - (before["received"] - before["duplicate"])
    assert new == len(posts.sent) + others, "%d events were sent, %d new bodies are there: %s" % (len(posts.sent) + others, new, c)
    for n in posts.sent:
        assert posts.once(n) == 200
    now = received(w)
    assert now["duplicate"] - c["duplicate"] == len(posts.sent), (c, now, len(posts.sent))
    w.law()


# ---- the crowd ----

def start_crowd(w, connections, addresses, seconds):
    token = base64.b64encode(("sitoo:%s" % w.settings["password"]).encode()).decode()
    return subprocess.Popen([CROWD, str(w.settings["events"]), str(connections), str(addresses), str(seconds), token],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def end_crowd(crowd):
    try:
        out = crowd.communicate(timeout=60)[0]  # closes its input: it ends
    finally:
        crowd.kill()
    assert crowd.returncode == 0, "the crowd ended with %d" % crowd.returncode
    return json.loads(out)


def watch(w, crowd, samples):
    """While the crowd is there: memory is sampled, and people ask by every door."""
    turn = 0
    while crowd.poll() is None:
        samples.append((memory(w), descriptors(w)))
        assert health(w) == 200, "/healthz answers"
        if turn % 20 == 5:
            code, _, errors = w.cli("status")
            assert code == 0, "the control socket answers: %s" % errors
        turn += 1
        time.sleep(0.3)


def siege(w, posts, connections, addresses, seconds):
    """(what the crowd met, samples)"""
    stop, samples = threading.Event(), []
    streams = [threading.Thread(target=posts.stream, args=(source, kept, 10, stop)) for source in GENUINE for kept in (False, True)]
    crowd = start_crowd(w, connections, addresses, seconds)
    try:
        for t in streams:
            t.start()
        watch(w, crowd, samples)
    finally:
        stop.set()
        for t in streams:
            t.join()
        met = end_crowd(crowd)
    return met, samples


def check_flat(samples):
    third = len(samples) // 3
    plateau, most = max(m for m, _ in samples[:third]), max(m for m, _ in samples)
    assert most - plateau <= FLAT, "memory grew from %.1f to %.1f MiB" % (plateau / 2**20, most / 2**20)
    return "memory %.1f MiB, at most %.1f; %d descriptors at most" % (plateau / 2**20, most / 2**20, max(n for _, n in samples))


def evidence(connections, seconds, figures):
    commit = subprocess.run(["git", "-C", os.path.dirname(os.path.abspath(__file__)), "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True).stdout.strip() or "unknown"
    print("\t".join((datetime.date.today().isoformat(), commit, "receiver under load", "%dx%d" % (connections, seconds), figures)))


def room(sockets):
    """May this process and the crowd open so many?"""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= sockets + 100


def test_genuine_senders_in_a_crowd():
    connections, seconds = [int(n) for n in os.environ.get("LOAD", "600x8").split("x")]
    large = "LOAD" in os.environ
    if not room(connections):
        print("skipped: the hard limit of descriptors (ulimit -Hn) is too low for %d sockets" % connections)
        return
    with quiet_world() as w:
        before, base = received(w), descriptors(w)
        posts = Posts(w)
        met, samples = siege(w, posts, connections, 20 if large else 6, seconds)
        for name, m in met.items():
            print("  %-12s %s" % (name, m))
        figures = posts.told() + "; " + check_flat(samples)
        print(figures)
        w.until(lambda: descriptors(w) <= base + 16, "descriptors come back to %d and what the journal's readers need" % base, 30)
        assert not posts.unanswered, posts.unanswered[:5]
        assert set(posts.answers) <= {200, 503}, posts.answers
        assert len(posts.sent) >= seconds * 20, len(posts.sent)
        assert all(m["in"] for m in met.values()) and met["denied"]["401"] and met["hog"]["200"], met
        assert posts.p99() < HEAD, "they wait for the deadlines of strangers: %.2f s" % posts.p99()
        counted_once(w, posts, before, others=1)
        if large:
            assert posts.p99() < 1, "p99 of the acknowledgement is %.2f s" % posts.p99()
            evidence(connections, seconds, figures)


# ---- a slow disk ----

def burst(posts, source, bodies):
    connection = posts.connect(source)
    connection.used = False
    for n in bodies:
        connection = posts.post(connection, source, n, time.monotonic())
    connection.close()


def test_a_burst_on_a_slow_disk():
    with World(stores=1, skus=2, clock=1) as w:
        flag = os.path.join(w.dir, "slow")
        w.env.update(SANITIZER)
        w.write()
        w.run({"LD_PRELOAD": SLOW_DISK, "SLOW_DISK": flag})
        w.sim("POST", "/settings", {"events": {"url": None}})
        w.until(lambda: received(w)["unread"] == 0, "the simulators' own are expanded")
        before, posts = received(w), Posts(w)
        open(flag, "w").close()
        threads = [threading.Thread(target=burst, args=(posts, GENUINE[k % 2], [1000 * (k + 1) + i for i in range(6)]))
                   for k in range(64)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        print(posts.told())
        assert len(posts.sent) == 64 * 6
        assert not posts.unanswered, posts.unanswered[:5]
        assert set(posts.answers) <= {200, 503}, posts.answers
        assert min(posts.all_seconds()) > 0.03, "the disk was slow"
        os.unlink(flag)
        counted_once(w, posts, before)


# ---- no descriptors ----

def log_of(w):
    with open(os.path.join(w.dir, "daemon.log"), errors="replace") as f:
        return f.read()


def strangers(w, n):
    """Connections that say nothing, from an address of their own."""
    made = []
    for _ in range(n):
        s = socket.socket()
        s.bind(("127.0.3.1", 0))
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", w.settings["events"]))
        made.append(s)
    return made


def test_out_of_descriptors():
    """The limit is lowered under the running daemon, so that accepting fails: genuine senders are served all the same,
    and the daemon does not spin."""
    with quiet_world() as w:
        before, posts = received(w), Posts(w)
        highest = max(int(n) for n in os.listdir("/proc/%d/fd" % w.daemon.pid))
        hard = resource.prlimit(w.daemon.pid, resource.RLIMIT_NOFILE)[1]
        resource.prlimit(w.daemon.pid, resource.RLIMIT_NOFILE, (highest + 6, hard))
        began, used, silent = time.monotonic(), cpu(w), []
        while time.monotonic() - began < 4:
            silent += strangers(w, 10)
            assert posts.once(next(posts.numbers)) == 200, "a genuine sender is served"
            time.sleep(0.2)
        used, wall = cpu(w) - used, time.monotonic() - began
        print("%.2f s of CPU in %.1f s, %d silent peers" % (used, wall, len(silent)))
        for s in silent:
            s.close()
        resource.prlimit(w.daemon.pid, resource.RLIMIT_NOFILE, (hard, hard))
        assert used < 0.5 * wall, "%.2f s of CPU in %.1f s: it spins" % (used, wall)
        assert "server.descriptors" in log_of(w), "it is said in the log"
        counted_once(w, posts, before)


def test_few_descriptors_are_told_at_start():
    """A soft limit is raised; where the hard one is too low for all that may come, less may come, and the log says so."""
    with World(stores=1, skus=2, clock=1) as w:
        w.env.update(SANITIZER)
        w.write()
        w.run(before=("prlimit", "--nofile=300:4096"))
        assert resource.prlimit(w.daemon.pid, resource.RLIMIT_NOFILE)[0] > 300
        assert "server.descriptors" not in log_of(w)
        assert w.stop() == 0
        w.run(before=("prlimit", "--nofile=300:300"))
        assert "server.descriptors" in log_of(w) and "LimitNOFILE" in log_of(w), "it is said at start"
        posts = Posts(w)
        silent = strangers(w, 300)
        for _ in range(20):
            assert posts.once(next(posts.numbers)) == 200
        assert descriptors(w) < 300 and log_of(w).count("server.descriptors") == 1, "the limit itself is never met"
        for s in silent:
            s.close()


if __name__ == "__main__":
    main([test_genuine_senders_in_a_crowd, test_a_burst_on_a_slow_disk, test_out_of_descriptors,
          test_few_descriptors_are_told_at_start])
