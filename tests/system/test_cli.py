# SPDX-License-Identifier: Apache-2.0
"""The command line: exit codes, JSON, help and page, changes by people, and what it does when no daemon runs."""
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess

import tb
from tb import TILLBRIDGE, Daemon, World, main

SOURCE = os.environ.get("srcdir", os.path.join(os.path.dirname(__file__), "..", ".."))
COMMANDS = ["run", "check", "doctor", "status", "plugins", "exceptions", "explain", "approve", "cursor", "reload", "pipeline", "demo",
            "version"]

CONFIGURATION = """
journal = "%(dir)s/journal.db";
listen = { admin = "127.0.0.1:%(admin)d"; control = "%(control)s"; };
pipelines = (
  { name = "%(name)s"; owner = "tests"; mode = "ordered";
    sources = ( { plugin = "file-source"; stream = "lines"; path = "%(dir)s/in.jsonl"; every = "1s"; id-field = ""; } );
    sinks   = ( { plugin = "file-sink"; path = "%(dir)s/out.jsonl"; id-field = "%(id)s"; } ); } );
"""


class Lines(Daemon):
    """Lines of one file appended to another: the least that is a pipeline. With id="missing" every record is parked."""

    def __init__(self, lines=3, **settings):
        super().__init__(**{"id": "n", "name": "lines", **settings})
        self.settings.setdefault("control", self.dir + "/control")
        with open(self.dir + "/in.jsonl", "w") as f:
            for n in range(lines):
                f.write('{"key": "k%d", "n": "%d"}\n' % (n, n))
        self.write()

    def write(self, text=CONFIGURATION, **changes):
        self.settings.update(changes)
        with open(self.conf, "w") as f:
            f.write(text % self.settings)

    def settled(self):
        self.until(lambda: self.counters(self.settings["name"])["pending"] == 0 and
                   self.counters(self.settings["name"])["accepted"] > 0, "all is settled")

    def lines_out(self):
        path = self.dir + "/out.jsonl"
        return open(path).read().splitlines() if os.path.exists(path) else []


def call(*args, **more):
    done = subprocess.run([TILLBRIDGE, *args], capture_output=True, text=True, timeout=tb.WAIT, **more)
    return done.returncode, done.stdout, done.stderr


def good(result):
    """The output of a command that must end with 0 and say nothing on stderr."""
    assert result[0] == 0 and result[2] == "", result
    return result[1]


# ---- words ----

def test_help_page_and_completion_tell_the_same():
    listed = re.findall(r"^  (\w+) ", good(call("--help")), re.M)
    assert listed == COMMANDS, listed
    page = open(os.path.join(SOURCE, "doc", "tillbridge.1")).read()
    part = page[page.index(".SH COMMANDS"):page.index(".SH OPTIONS")]
    assert re.findall(r"^\.SS (\w+)", part, re.M) == COMMANDS
    completion = open(os.path.join(SOURCE, "doc", "completion", "tillbridge")).read()
    assert re.search(r'commands="([^"]*)"', completion).group(1).split() == COMMANDS
    plain = page.replace("\\-", "-")
    for command in COMMANDS:
        text = good(call(command, "--help"))
        assert text.startswith("usage: tillbridge " + command), text
        options = set(re.findall(r"^  .*?(--[a-z-]+)", text, re.M)) - {"--help"}
        offered = set(re.search(r"^        %s\) words=\"([^\"]*)\"" % command, completion, re.M).group(1).split())
        assert {o for o in offered if o.startswith("--")} == options, (command, options, offered)
        if command != "demo":  # its page is its --help
            assert all(o in plain for o in options), (command, options)


def test_wrong_calls():
    for args, words in [
            ((), "usage: tillbridge COMMAND"), (("statsu",), 'did you mean "status"'), (("xyzzy",), 'no command "xyzzy"'),
            (("status", "--jsno"), "no option --jsno"), (("status", "-x"), "no option -x"), (("status", "-c"), "-c wants a"),
            (("status", "extra"), 'no place for "extra"'), (("explain",), "wants [TYPE] KEY"), (("approve", "tax", "--by", "A"), "--by and --why"),
            (("approve", "../x"), "no name of"), (("run", "--json"), "no option --json"),
            (("exceptions", "lsit"), 'did you mean "list"'), (("exceptions", "show"), "wants the ID"),
            (("exceptions", "show", "x1"), "no number"), (("exceptions", "drop", "1"), "wants --why"),
            (("cursor", "set", "a", "b"), "wants PIPELINE"), (("cursor", "set", "a", "b", "c", "d"), "and --why"),
            (("pipeline", "rename", "a"), "OLD NEW"), (("pipeline", "retire", "a"), "--why"),
            (("pipeline", "retire", "../x", "--why", "y"), "no name of a pipeline"), (("pipeline",), "wants rename"),
            (("check", "--print", "--json"), "not JSON"), (("demo", "--for", "soon"), "duration")]:
        code, out, err = call(*args)
        assert code == 2 and words in err and out == "", (args, code, out, err)


def test_version():
    text = good(call("version"))
    assert text == good(call("--version")) and re.match(r"tillbridge \d+\.\d+", text), text
    assert json.loads(good(call("version", "--json")))["version"] == text.split()[1]


def test_plugins():
    with Lines() as d:
        text = subprocess.run([TILLBRIDGE, "plugins", "file-sink"], env=d.env, capture_output=True, text=True).stdout
        assert "file.no-identity" in text and "id-field" in text, text
        listed = subprocess.run([TILLBRIDGE, "plugins", "--json"], env=d.env, capture_output=True, text=True)
        names = {p["name"]: p["refused"] for p in json.loads(listed.stdout)["plugins"]}
        assert names["file-sink"] == "" and names["stock-rule"] == "", names
        code, _, err = call("plugins", "no-such", env=d.env)
        assert code == 1 and "no-such" in err, (code, err)


# ---- configuration ----

def test_check_tells_every_mistake_in_one_go():
    with Lines() as d:
        assert "good" in good(d.cli("check"))
        printed = good(d.cli("check", "--print"))
        with open(d.conf, "w") as f:
            f.write(printed)  # what it prints loads again, as the same
        assert good(d.cli("check", "--print")) == printed
        d.write(CONFIGURATION.replace('every = "1s"', 'every = "1"').replace("owner", "ownre").replace("file-sink", "file-snik")
                .replace('id-field = ""', 'id-feild = ""'))
        code, out, err = d.cli("check")
        assert code == 78 and out == "", (code, out)
        lines = [line for line in err.splitlines() if re.match(re.escape(d.conf) + r":\d+: ", line)]
        assert len(lines) == int(re.search(r"(\d+) mistakes", err).group(1)) >= 4, err
        for word in ("ownre", "file-snik", "id-feild", "every"):
            assert any(word in line for line in lines), (word, err)
        code, out, _ = d.cli("check", "--json")
        assert code == 78 and json.loads(out) == {"good": False, "findings": lines}, out
        d.write("journal = \n")
        code, _, err = d.cli("check")
        assert code == 78 and "tillbridge.conf:" in err, err
        assert call("check", "-c", d.dir + "/nowhere.conf")[0] == 78


def test_run_ends_with_the_code_of_the_fault():
    with Lines() as d:
        d.write(CONFIGURATION.replace("file-sink", "file-snik"))
        code, out, err = d.cli("run")
        assert code == 78 and "file-snik" in err and out == "", (code, out, err)
        assert not os.path.exists(d.dir + "/journal.db"), "nothing was started"
        d.write(CONFIGURATION.replace("journal.db", "no/such/journal.db"))
        code, _, err = d.cli("run")
        assert code == 74 and "no/such" in err, (code, err)
        with open(d.dir + "/journal.db", "w") as f:
            f.write("this is no journal, but a text that is longer than the head of one" * 20)
        d.write()
        code, _, err = d.cli("run")
        assert code == 78, (code, err)
        os.unlink(d.dir + "/journal.db")
        d.run()
        code, _, err = d.cli("run")
        assert code == 75 and str(d.daemon.pid) in err, (code, err)
        assert d.stop() == 0


def test_reload_of_a_broken_file():
    with Lines() as d:
        code, _, err = d.cli("reload")
        assert code == 75 and "no daemon" in err, (code, err)
        d.run()
        assert "1 pipelines unchanged" in good(d.cli("reload"))
        d.write(CONFIGURATION.replace("owner", "ownre"))
        code, out, err = d.cli("reload")
        assert code == 78 and "ownre" in err and "tillbridge.conf:" in err and out == "", (code, out, err)
        d.write("journal = \n")
        code, _, err = d.cli("reload")
        assert code == 78 and "tillbridge.conf:" in err, (code, err)
        assert d.pipeline("lines")["owner"] == "tests"
        d.write()
        d.settled()
        d.stop()
        code, _, err = d.cli("reload")
        assert code == 75 and "no daemon" in err, (code, err)
        with sqlite3.connect(d.dir + "/journal.db") as db:
            what = [row[0] for row in db.execute("SELECT what FROM audit ORDER BY number")]
        assert what == ["start", "reload", "reload refused"], what


# ---- looking ----

def test_status_and_explain():
    with Lines() as d:
        d.run()
        d.settled()
        text = good(d.cli("status"))
        assert "accepted 3 = applied 3 + superseded 0 + dropped 0 + parked 0 + pending 0" in text, text
        assert "freshness p50" in text and "next run in" in text and "\033" not in text, text
        status = json.loads(good(d.cli("status", "--json")))
        assert status["law"] is True and status["running"] is True and status["pipelines"][0]["name"] == "lines", status
        text = good(d.cli("explain", "k1"))
        assert "applied" in text and '"n":"1"' in text, text
        story = json.loads(good(d.cli("explain", "k1", "--json")))
        assert story["records"] == [] and story["history"][0]["sent"]["n"] == "1", story
        assert json.loads(good(d.cli("explain", "k1", "--json", "--pipeline", "other")))["history"] == []
        with open(d.dir + "/in.jsonl", "a") as f:
            f.write(json.dumps({"key": "k ö&=%25?#/+", "n": "odd"}) + "\n")
        d.until(lambda: len(d.lines_out()) == 4, "the odd one is applied")
        assert json.loads(good(d.cli("explain", "k ö&=%25?#/+", "--json")))["history"][0]["sent"]["n"] == "odd"
        code, out, _ = d.cli("explain", "k99")
        assert code == 1 and "nothing is known" in out, (code, out)


# ---- exceptions ----

def test_exceptions_wait_for_a_person():
    with Lines(id="missing") as d:
        d.run()
        d.settled()
        listed = json.loads(good(d.cli("exceptions", "list", "--json")))["exceptions"]
        assert sum(x["behind"] for x in listed) == 3, listed
        x = listed[0]
        assert x["reason"] == "file.no-identity" and x["title"] and x["remedy"] and x["owner"] == "tests", x
        assert str(x["id"]) in good(d.cli("exceptions")) and good(d.cli("exceptions", "list", "--pipeline", "other"))
        shown = good(d.cli("exceptions", "show", str(x["id"])))
        assert x["remedy"] in shown and "k0" in shown, shown
        story = json.loads(good(d.cli("explain", "k0", "--json")))
        assert story["records"][0]["state"] == "parked" and story["exceptions"][0]["id"] == x["id"], story

        assert "1 records released" in good(d.cli("exceptions", "retry", str(x["id"]), "--key", "k0"))
        d.until(lambda: json.loads(d.cli("exceptions", "show", str(x["id"]), "--json")[1])["count"] > x["count"],
                "it was tried again, and parked again")
        d.settled()
        d.write(id="n")
        good(d.cli("reload"))
        last = listed[-1]
        assert "records dropped" in good(d.cli("exceptions", "drop", str(last["id"]), "--key", "k2", "--why", "not wanted"))
        for x in d.exceptions():
            good(d.cli("exceptions", "retry", str(x["id"]), "--why", "the id is right now"))
        d.until(lambda: len(d.lines_out()) == 2, "the others are applied")
        d.until(lambda: d.exceptions() == [], "the exceptions close")
        assert d.counters("lines")["dropped_by_rule"] == {"by-hand": 1}, d.counters("lines")
        d.law()
        assert "nothing waits" in good(d.cli("exceptions"))
        closed = json.loads(good(d.cli("exceptions", "--all", "--json")))["exceptions"]
        assert closed and not any(x["open"] for x in closed), closed
        code, _, err = d.cli("exceptions", "retry", str(closed[0]["id"]))
        assert code == 1 and "no open exception" in err, (code, err)
        assert d.cli("exceptions", "show", "999")[0] == 1
        d.stop()
        with sqlite3.connect(d.dir + "/journal.db") as db:
            rows = db.execute("SELECT actor, why FROM audit WHERE what LIKE 'drop exception%'").fetchall()
        assert rows == [("uid:%d" % os.getuid(), "not wanted")], rows


# ---- cursors and pipelines ----

def test_cursor():
    with Lines() as d:
        d.run()
        d.settled()
        before = json.loads(good(d.cli("cursor", "show", "--json")))["cursors"]
        assert [(c["pipeline"], c["connection"], c["stream"]) for c in before] == [("lines", "", "lines")], before
        assert before[0]["value"] in good(d.cli("cursor"))
        code, _, err = d.cli("cursor", "set", "lines", "-", "liens", "x", "--why", "y")
        assert code == 1 and "liens" in err, (code, err)
        d.stop()
        # without a daemon the command holds the journal itself: the source reads the same lines once more
        start = re.sub(r":\d+:\d+$", ":0:0", before[0]["value"])
        good(d.cli("cursor", "set", "lines", "-", "lines", start, "--why", "read again"))
        assert start in good(d.cli("cursor", "show"))
        d.run()
        d.until(lambda: d.counters("lines")["duplicate"] == 3, "the lines are known")
        assert len(d.lines_out()) == 3


def test_rename_and_retire():
    with Lines(id="missing") as d:
        d.run()
        d.settled()
        code, _, err = d.cli("pipeline", "rename", "lines", "rows", "--why", "y")
        assert code == 1 and "runs" in err and "stop the daemon" in err, (code, err)
        code, _, err = d.cli("pipeline", "retire", "lines", "--why", "y")
        assert code == 1 and "runs" in err, (code, err)
        d.stop()
        code, _, err = d.cli("pipeline", "retire", "lines", "--why", "y")
        assert code == 1 and "3 unsettled" in err, (code, err)
        good(d.cli("pipeline", "rename", "lines", "rows", "--why", "the new name"))
        d.write(name="rows", id="n")
        d.run()
        assert d.counters("rows")["parked"] == 3, "its records came along"
        for x in d.exceptions():
            good(d.cli("exceptions", "retry", str(x["id"])))
        d.until(lambda: len(d.lines_out()) == 3, "they are applied under the new name")
        d.stop()
        d.write(name="others")
        d.run()
        good(d.cli("pipeline", "retire", "rows", "--why", "not needed"))
        assert d.cli("pipeline", "retire", "nobody", "--why", "y")[0] == 1
        d.stop()
        assert "rows" not in good(d.cli("status"))


def test_not_ready_while_records_have_no_pipeline():
    with Lines(id="missing") as d:
        d.run()
        d.settled()
        d.stop()
        d.write(name="others")
        d.run()
        status, text = tb.http("GET", "http://127.0.0.1:%d/readyz" % d.settings["admin"])
        assert status == 503 and "lines" in text, (status, text)
        assert "not ready" in good(d.cli("status"))
        for x in d.exceptions():
            good(d.cli("exceptions", "drop", str(x["id"]), "--why", "given up"))
        good(d.cli("pipeline", "retire", "lines", "--why", "given up"))
        assert tb.http("GET", "http://127.0.0.1:%d/readyz" % d.settings["admin"])[0] == 200


# ---- without a daemon ----

def test_offline():
    with Lines() as d:
        code, _, err = d.cli("status")
        assert code == 74 and "nothing has run" in err, (code, err)
        assert not os.path.exists(d.dir + "/journal.db"), "looking makes no journal"
        d.run()
        d.settled()
        d.write(control=d.dir + "/elsewhere")  # it holds the lock, and nobody answers there
        code, _, err = d.cli("status")
        assert code == 75 and str(d.daemon.pid) in err, (code, err)
        copy = d.dir + "/copy.db"
        with sqlite3.connect(d.dir + "/journal.db") as db, sqlite3.connect(copy) as to:
            db.backup(to)
        assert "accepted 3" in good(d.cli("status", "--offline", copy))
        assert "applied" in good(d.cli("explain", "k1", "--offline", copy))
        code, _, err = d.cli("exceptions", "drop", "1", "--why", "y", "--offline", copy)
        assert code == 1 and "may look" in err, (code, err)
        d.kill()
        d.write(control=d.dir + "/control")
        text = good(d.cli("status"))
        assert "no daemon runs" in text and "accepted 3" in text, text
        d.run()
        with open(d.dir + "/daemon.log") as f:
            assert "run.unclean" in f.read(), "a look in between does not make an unclean stop a clean one"
        assert d.stop() == 0
        shutil.copy(d.dir + "/daemon.log", d.dir + "/before.log")
        d.run()
        with open(d.dir + "/daemon.log") as f:
            assert f.read().count("run.unclean") == 1, "the last stop was a clean one"


def test_a_second_term_ends_at_once():
    with Lines() as d:
        d.run()
        d.settled()
        d.daemon.terminate()
        d.daemon.terminate()
        assert d.daemon.wait(timeout=20) == 0
        d.run()
        d.law()


# ---- metrics ----

def test_metrics():
    with Lines(id="missing") as d:
        d.run()
        d.settled()
        status, text = tb.http("GET", "http://127.0.0.1:%d/metrics" % d.settings["admin"])
        assert status == 200
        samples = {}
        for line in text.splitlines():
            if line.startswith("#"):
                assert re.match(r"# (HELP|TYPE) tillbridge_[a-z_]+ \S", line), line
                continue
            name, value = re.fullmatch(r"(tillbridge_[a-z_]+(?:\{[a-z]+=\"[^\"]*\"(?:,[a-z]+=\"[^\"]*\")*\})?) (\S+)",
                                       line).groups()
            assert name not in samples, line
            samples[name] = float(value)
        assert samples['tillbridge_records_parked{pipeline="lines"}'] == 3, samples
        assert samples['tillbridge_records_accepted_total{pipeline="lines"}'] == 3
        assert samples['tillbridge_law_holds{pipeline="lines"}'] == 1
        assert samples['tillbridge_exceptions_open{pipeline="lines",reason="file.no-identity"}'] == len(d.exceptions())
        assert '"k0"' not in text, "never a key as a label"
        for name in {re.match(r"[a-z_]+", n).group(0) for n in samples}:
            assert text.count("# TYPE %s " % name) == 1 and text.count("# HELP %s " % name) == 1, name


# ---- systemd ----

def test_systemd_is_told():
    with Lines() as d, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(d.dir + "/notify")
        told.settimeout(tb.WAIT)
        d.run(extra_env={"NOTIFY_SOCKET": d.dir + "/notify", "WATCHDOG_USEC": "2000000"})
        assert told.recv(64) == b"READY=1" or told.recv(64) == b"READY=1"  # the first ping may come before
        assert told.recv(64) == b"WATCHDOG=1"
        d.daemon.send_signal(signal.SIGHUP)
        d.until(lambda: "engine.reloaded" in open(d.dir + "/daemon.log").read(), "it has read the file again")
        assert d.stop() == 0
        words = [told.recv(64)]
        while words[-1] != b"STOPPING=1":
            words.append(told.recv(64))
            assert words[-1] in (b"STOPPING=1", b"WATCHDOG=1"), words
        with sqlite3.connect(d.dir + "/journal.db") as db:
            assert ("signal", "reload") in db.execute("SELECT actor, what FROM audit").fetchall()


# ---- between two systems ----

def test_status_tells_a_pause():
    with World(stores=1, skus=2) as w:
        w.start()
        w.at_rest()
        w.sim("POST", "/system", {"name": "adobe", "down": True})
        w.sim("POST", "/tills/sale", {"warehouse": 31, "items": [{"sku": "SKU-0001", "quantity": 1}]})
        paused = r"connection adobe\n  slots of the last minute: .*\n  PAUSED for .*: \S"
        text = w.until(lambda: (lambda t: re.search(paused, t) and t)(good(w.cli("status"))), "the pause shows")
        assert re.search(r"^inbox sitoo: received \d+ = expanded", text, re.M) and re.search(r"last error .* ago: \S", text), text


def test_doctor_good_and_bad():
    with World(stores=1, skus=2) as w:
        w.write()
        code, out, err = w.cli("doctor")
        assert code == 0 and "good" in out and "bad " not in out, (code, out, err)
        findings = json.loads(w.cli("doctor", "--json")[1])["findings"]
        assert {f["plugin"] for f in findings} >= {"sitoo-source", "adobe-sink"}, findings
        w.write(consumer_secret="wrong")
        code, out, err = w.cli("doctor")
        assert code == 1 and "bad" in out and "wrong" not in out + err, (code, out, err)
        # a daemon that runs is asked: a secret may be its own, and the till system takes one call at a time
        secret = w.sim("GET", "/state")["credentials"]["adobe"]["consumer_secret"]
        w.write(consumer_secret="${env:TB_TEST_SECRET}")
        assert w.cli("doctor")[0] == 78
        w.run(extra_env={"TB_TEST_SECRET": secret})
        code, out, err = w.cli("doctor")
        assert code == 0 and "adobe-sink" in out and "daemon is asked" in err and secret not in out + err, (code, out, err)
        good(w.cli("status"))


if __name__ == "__main__":
    main([test_help_page_and_completion_tell_the_same, test_wrong_calls, test_version, test_plugins,
          test_check_tells_every_mistake_in_one_go, test_run_ends_with_the_code_of_the_fault, test_reload_of_a_broken_file,
          test_status_and_explain, test_exceptions_wait_for_a_person, test_cursor, test_rename_and_retire,
          test_not_ready_while_records_have_no_pipeline, test_offline, test_a_second_term_ends_at_once, test_metrics,
          test_systemd_is_told, test_status_tells_a_pause, test_doctor_good_and_bad])
