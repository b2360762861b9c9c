# SPDX-License-Identifier: Apache-2.0
"""What an author of plugins has who never saw the sources: `make install` into a folder of its own, and from then on
nothing but what it brought. Skeletons are written, built without a warning, tested and run by the installed daemon.

The installed .pc files speak of the configured prefix; the test reads copies in which every path begins with the
folder, so any layout that configure was given works. A tree with sanitizers passes its flags on by the .pc files.
"""
import glob
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time

from tb import BUILD, main

ROLES = ("transform", "source", "sink")
WARNINGS = "-O2 -g -Wall -Wextra -Wshadow -Wstrict-prototypes -Werror"
WAIT = 120
BASE = tempfile.mkdtemp(prefix="tillbridge-outside-")
STAGE = os.path.join(BASE, "stage")


def run(*command, cwd=None, env=None, code=0):
    """stdout and stderr of a command that ends with this code."""
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=600)
    assert done.returncode == code, "%s: exit %d\n%s%s" % (" ".join(command), done.returncode, done.stdout, done.stderr)
    return done.stdout, done.stderr


def clean_env(**more):
    """The environment without what the make around this test says, and without hints to a build tree."""
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("MAKE", "MFLAGS", "PKG_CONFIG", "TILLBRIDGE_", "CFLAGS", "LDFLAGS", "LD_LIBRARY"))}
    kept.update(more)
    return kept


class Installed:
    """The staged installation; made once."""

    def __init__(self):
        run("make", "-s", "-C", BUILD, "install", "DESTDIR=" + STAGE, env=clean_env())
        pc = glob.glob(STAGE + "/**/tillbridge.pc", recursive=True)
        assert len(pc) == 1, pc
        self.pc = os.path.join(BASE, "pc")
        os.mkdir(self.pc)
        for path in glob.glob(os.path.dirname(pc[0]) + "/*.pc"):
            with open(path) as f:
                text = f.read()
            with open(os.path.join(self.pc, os.path.basename(path)), "w") as f:
                f.write(re.sub(r"^(\w+=)/", r"\g<1>%s/" % STAGE, text, flags=re.M))
        self.env = clean_env(PKG_CONFIG_PATH=self.pc)
        self.libdir, self.plugindir = self.variable("libdir"), self.variable("plugindir")
        self.env["LD_LIBRARY_PATH"] = self.libdir
        self.bindir = os.path.dirname(self.find("tillbridge"))
        self.env["PATH"] = self.bindir + ":" + self.env["PATH"]

    def find(self, name):
        found = [p for p in glob.glob(STAGE + "/**/" + name, recursive=True)
                 if os.path.isfile(p) and "/completions/" not in p]
        assert len(found) == 1, (name, found)
        return found[0]

    def variable(self, name):
        return run("pkg-config", "--variable=" + name, "tillbridge", env=self.env)[0].strip()

    def plugin_path(self, folder):
        return dict(self.env, TILLBRIDGE_PLUGIN_PATH="%s:%s" % (folder, self.plugindir))


_installed = []


def installed():
    if not _installed:
        _installed.append(Installed())
    return _installed[0]


def new_plugin(name, role, *make_args):
    """Writes, builds and tests a plugin; gives its folder. A warning fails it."""
    i = installed()
    folder = os.path.join(BASE, name)
    run("tillbridge-new-plugin", name, role, folder, env=i.env)
    out, err = run("make", "CFLAGS=" + WARNINGS, *make_args, cwd=folder, env=i.env)
    assert not err, err
    out, err = run("make", "check", "CFLAGS=" + WARNINGS, *make_args, cwd=folder, env=i.env)
    assert re.search(r"^[0-9]+ passed, 0 failed$", out, re.M), out + err
    return folder


def exported(path):
    lines = run("nm", "-D", "--defined-only", path)[0].splitlines()
    return [line.split()[-1] for line in lines]


# ---- what is installed ----

def test_what_is_installed():
    i = installed()
    files = {os.path.relpath(os.path.join(d, f), STAGE) for d, _, names in os.walk(STAGE) for f in names}
    assert not [f for f in files if f.endswith(".la") or f.endswith(".a")], "no libtool archives"
    source = os.environ.get("srcdir", ".")
    headers = {os.path.basename(f) for f in glob.glob(os.path.join(source, "include/tillbridge/*.h"))}
    assert headers and {os.path.basename(f) for f in files if "/include/" in f} == headers, "exactly the SDK's headers"
    for name in ("tillbridge", "tillbridge-sim", "tillbridge-new-plugin"):
        assert os.access(i.find(name), os.X_OK), name
    plugins = {os.path.basename(f) for f in os.listdir(i.plugindir)}
    built = {p for p in os.listdir(os.path.join(BUILD, ".libs")) if p.endswith(".so") and not p.startswith("lib")}
    assert plugins == built and "stock-rule.so" in plugins, (plugins, built)
    for p in plugins:
        assert not stat.S_IMODE(os.stat(os.path.join(i.plugindir, p)).st_mode) & 0o022, p
        i.find("tillbridge-%s.7" % p[:-3])
    for page in ("tillbridge.1", "tillbridge-sim.1", "tillbridge-new-plugin.1", "tillbridge.conf.5", "tillbridge-plugin.3"):
        i.find(page)
    for name in ("README.md", "NEWS", "operators.md", "plugin-authors.md", "tillbridge.conf", "upper-case.c", "example-sink.c"):
        assert [f for f in files if os.path.basename(f) == name and "/doc/" in f], name


def test_pc_files_say_where_and_which_contract():
    i = installed()
    with open(i.find("plugin.h")) as f:
        header = f.read()
    for name in ("major", "minor"):
        assert i.variable("abi_" + name) == re.search(r"TB_ABI_%s (\d+)" % name.upper(), header).group(1)
    assert os.path.isfile(os.path.join(i.plugindir, "file-sink.so"))
    version = run("pkg-config", "--modversion", "tillbridge", env=i.env)[0].strip()
    assert run("pkg-config", "--modversion", "tillbridge-kit", env=i.env)[0].strip() == version
    assert version in run("tillbridge", "version", env=i.env)[0]
    flags = run("pkg-config", "--cflags", "--libs", "tillbridge-kit", env=i.env)[0]
    for word in ("-ltillbridge-kit", "-ltillbridge", "-ljansson"):
        assert word in flags.split(), flags
    assert os.path.abspath(os.environ.get("srcdir", ".")) + "/" not in flags.replace(STAGE, ""), flags


def test_the_uninstalled_twin_builds_against_the_tree():
    where = ":".join(os.path.join(os.path.abspath(BUILD), d) for d in ("core/sdk", "sdk/kit"))
    env = clean_env(PKG_CONFIG_PATH=where)
    say = lambda name: run("pkg-config", "--variable=" + name, "tillbridge", env=env)[0].strip()
    assert say("plugindir") == os.path.join(os.path.abspath(BUILD), ".libs")
    assert (say("abi_major"), say("abi_minor")) == (installed().variable("abi_major"), installed().variable("abi_minor"))
    folder = os.path.join(BASE, "in-tree")
    run("tillbridge-new-plugin", "in-tree", "sink", folder, env=installed().env)
    out, err = run("make", "all", "check", "CFLAGS=" + WARNINGS, cwd=folder, env=env)
    assert not err and "2 passed, 0 failed" in out, out + err


# ---- the skeleton ----

def test_skeletons_build_without_a_warning_and_pass_their_tests():
    i = installed()
    for role in ROLES:
        folder = new_plugin("new-" + role, role)
        so = os.path.join(folder, "new-%s.so" % role)
        names = [n for n in exported(so) if not n.startswith("__odr_asan.")]  # the sanitizer's own
        assert names == ["tillbridge_plugin"], names
        facts = json.loads(run("tillbridge", "plugins", "new-" + role, "--json", env=i.plugin_path(folder))[0])
        assert facts["roles"] == [role] and facts["path"] == so, facts
        assert not [f for f in os.listdir(folder) if "my-plugin" in open(os.path.join(folder, f), "rb").read().decode("latin-1")]
        with open(os.path.join(folder, "tillbridge-new-%s.7" % role)) as f:
            page = f.read()
        parameters, reasons = page.split(".SH PARAMETERS")[1].split(".SH SEE")[0].split(".SH REASON CODES")
        assert re.findall(r"\.TP\n\.BR? (\S+)", parameters) == [p["name"] for p in facts["parameters"]]
        assert re.findall(r"\.TP\n\.BR? (\S+)", reasons) == [r["code"] for r in facts["reasons"]]


def test_the_generator_refuses_what_could_not_load():
    i = installed()
    there = os.path.join(BASE, "there")
    os.mkdir(there)
    for args, why in ((("Price", "sink"), "begins with a letter"), (("4711", "sink"), "begins with a letter"),
                      (("a_b", "sink"), "begins with a letter"), (("a-", "sink"), "begins with a letter"),
                      (("x" * 33, "sink"), "1 to 32"), (("", "sink"), "1 to 32"), (("a", "service"), "usage:"),
                      (("a",), "usage:"), (("a", "sink", there), "is there already")):
        out, err = run("tillbridge-new-plugin", *args, cwd=BASE, env=i.env, code=2)
        assert why in err and not out, (args, err)
    assert not os.listdir(there) and not os.path.exists(os.path.join(BASE, "a"))
    run("tillbridge-new-plugin", "a", "sink", env=dict(i.env, TILLBRIDGE_SKELETON=""), cwd=BASE)
    os.rename(os.path.join(BASE, "a"), os.path.join(BASE, "once"))


def test_examples_build_from_their_installed_sources():
    i = installed()
    folder = os.path.join(BASE, "examples")
    shutil.copytree(os.path.dirname(i.find("upper-case.c")), folder)
    out, err = run("make", "CFLAGS=" + WARNINGS, cwd=folder, env=i.env)
    assert not err, err
    listed = run("tillbridge", "plugins", env=i.plugin_path(folder))[0]
    assert re.search(r"^upper-case ", listed, re.M) and re.search(r"^example-sink ", listed, re.M), listed


# ---- the page for authors ----

def blocks(kind):
    with open(installed().find("plugin-authors.md")) as f:
        return re.findall(r"^```%s\n(.*?)^```$" % kind, f.read(), re.M | re.S)


def test_the_page_for_authors_can_be_followed():
    i = installed()
    folder = os.path.join(BASE, "author")
    os.mkdir(folder)
    commands = blocks("sh")
    assert len(commands) >= 5, len(commands)
    with open(os.path.join(folder, "all.sh"), "w") as f:
        f.write("set -eu\n" + "\n".join(commands))
    out, err = run("sh", "all.sh", cwd=folder, env=dict(i.env, CFLAGS=""))
    assert '"note":"checked"' in out and out.count(" passed, 0 failed") == 3, out + err
    assert re.search(r"^price-tag 0.1: ", out, re.M), out


def test_the_code_on_the_page_is_that_of_the_examples():
    known = set()
    for path in glob.glob(STAGE + "/**/*.c", recursive=True):
        with open(path) as f:
            known |= {line.strip() for line in f}
    code = [line.strip() for block in blocks("c") for line in block.splitlines()]
    assert len(code) > 30, len(code)
    assert not [line for line in code if line not in known], [line for line in code if line not in known]


# ---- at work ----

PIPELINE = """
journal = "journal.db";
pipelines = (
  { name = "lines"; owner = "tests"; mode = "ordered";
    sources    = ( { plugin = "file-source"; stream = "lines"; path = "%(dir)s/in.jsonl"; every = "1s"; } );
    transforms = ( { plugin = "%(plugin)s"; note = "seen"; } );
    sinks      = ( { plugin = "file-sink"; path = "%(dir)s/out.jsonl"; } );
    deliver    = { linger = "1ms"; }; } );
"""


def lines_of(path):
    if not os.path.exists(path):
        return []
    with open(path) as f:
        return [json.loads(line) for line in f]


def run_pipeline(plugin, env):
    """The installed daemon with the plugin between two files, until all lines came through."""
    folder = tempfile.mkdtemp(prefix="run-", dir=BASE)
    conf, out = os.path.join(folder, "tillbridge.conf"), os.path.join(folder, "out.jsonl")
    with open(conf, "w") as f:
        f.write(PIPELINE % {"dir": folder, "plugin": plugin})
    with open(os.path.join(folder, "in.jsonl"), "w") as f:
        for n in range(100):
            f.write('{"key": "k%d", "n": %d}\n' % (n % 5, n))
    run("tillbridge", "check", "-c", conf, env=env)
    with open(os.path.join(folder, "daemon.log"), "wb") as log:
        daemon = subprocess.Popen(["tillbridge", "run", "-c", conf], env=env, stdout=log, stderr=log)
    try:
        end = time.monotonic() + WAIT
        while len(lines_of(out)) < 100 and daemon.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        daemon.send_signal(signal.SIGTERM)
        code = daemon.wait(timeout=WAIT)
    finally:
        if daemon.poll() is None:
            daemon.kill()
            daemon.wait()
    with open(os.path.join(folder, "daemon.log"), errors="replace") as log:
        assert code == 0, "exit %s\n%s" % (code, log.read()[-3000:])
    lines = lines_of(out)
    assert sorted(line["n"] for line in lines) == list(range(100)), lines
    assert all(line["note"] == "seen" for line in lines), lines
    for key in {line["key"] for line in lines}:
        order = [line["n"] for line in lines if line["key"] == key]
        assert order == sorted(order), "in the order of its key"


def test_a_generated_plugin_runs_in_a_pipeline():
    folder = new_plugin("at-work", "transform")
    run_pipeline("at-work", installed().plugin_path(folder))


def test_a_plugin_without_the_trees_flags_runs_too():
    """As a packager builds it: no sanitizer in the plugin, whatever the daemon was built with."""
    i = installed()
    folder = os.path.join(BASE, "plain")
    run("tillbridge-new-plugin", "plain", "transform", folder, env=i.env)
    flags = run("pkg-config", "--cflags-only-I", "--libs-only-L", "--libs-only-l", "tillbridge", env=i.env)[0].split()
    run(os.environ.get("CC", "cc").split()[-1], "-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", "-o", "plain.so",
        "plain.c", *flags, cwd=folder, env=i.env)
    assert "asan" not in run("readelf", "-d", os.path.join(folder, "plain.so"))[0]
    run_pipeline("plain", i.plugin_path(folder))


def test_make_install_puts_it_where_the_daemon_looks():
    i = installed()
    folder = new_plugin("put-there", "transform")
    run("make", "install", "MANDIR=" + os.path.join(BASE, "man7"), cwd=folder, env=i.env)
    assert os.path.exists(os.path.join(BASE, "man7", "tillbridge-put-there.7"))
    run_pipeline("put-there", dict(i.env, TILLBRIDGE_PLUGIN_PATH=i.plugindir))


def test_uninstall_takes_only_what_was_brought():
    """Last: the installation is gone afterwards."""
    i = installed()
    mine = os.path.join(i.plugindir, "of-somebody-else.so")
    for path in os.listdir(i.plugindir):
        if path == "put-there.so":
            os.unlink(os.path.join(i.plugindir, path))
    open(mine, "w").close()
    run("make", "-s", "-C", BUILD, "uninstall", "DESTDIR=" + STAGE, env=clean_env())
    left = [os.path.join(d, f) for d, _, names in os.walk(STAGE) for f in names]
    assert left == [mine], left


TESTS = [test_what_is_installed, test_pc_files_say_where_and_which_contract,
         test_the_uninstalled_twin_builds_against_the_tree, test_skeletons_build_without_a_warning_and_pass_their_tests,
         test_the_generator_refuses_what_could_not_load, test_examples_build_from_their_installed_sources,
         test_the_page_for_authors_can_be_followed, test_the_code_on_the_page_is_that_of_the_examples,
         test_a_generated_plugin_runs_in_a_pipeline, test_a_plugin_without_the_trees_flags_runs_too,
         test_make_install_puts_it_where_the_daemon_looks, test_uninstall_takes_only_what_was_brought]

if __name__ == "__main__":
    os.umask(0o022)
    for tool in ("make", "pkg-config", "nm", "readelf"):
        if not shutil.which(tool):
            print("skipped: there is no", tool)
            sys.exit(77)
    try:
        main(TESTS)
    finally:
        if not os.environ.get("KEEP"):
            shutil.rmtree(BASE, ignore_errors=True)
