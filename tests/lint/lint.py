# SPDX-License-Identifier: Apache-2.0
"""make lint: everything that reads the sources without running them, clean or red.

Each part is a function that returns its findings, or says that its tool is missing (the part is skipped and named). Files
are judged side by side on all processors. What was clean is remembered in the build tree by the hash of all that went in
(preprocessed text, flags, configuration, tool), so a second run judges only what changed.

    make lint                        everything
    make lint PARTS="rules format"   some
"""
import argparse
import concurrent.futures
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import rules  # noqa: E402 (beside this file)

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
FOLDERS = ("core", "include", "plugins", "sdk", "tests")
# -O0: what was written, not what the optimiser made of it (less to misread). malloc-leak: gcc 12 loses a pointer that is kept
# in an array which realloc moved, or in a member of a struct (38 of 39 reports were false); LeakSanitizer watches the tests.
ANALYZER = ["-fanalyzer", "-O0", "-Wno-analyzer-malloc-leak"]


class Missing(Exception):
    pass


def sources(suffixes, folders=FOLDERS):
    found = []
    for folder in folders:
        for where, inner, names in os.walk(os.path.join(TOP, folder)):
            inner.sort()
            found += [os.path.relpath(os.path.join(where, n), TOP) for n in sorted(names) if n.endswith(suffixes)]
    return found


def product():
    """What is shipped; test plugins and unit tests are built in many variants and judged by the compiler."""
    return sources((".c",), ("core", "plugins", "sdk"))


def need(tool):
    path = shutil.which(tool)
    if not path:
        raise Missing(f"there is no {tool}")
    return path


def run(command):
    done = subprocess.run(command, cwd=TOP, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr


def side_by_side(task, items):
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        return [line for lines in pool.map(task, items) for line in lines]


def once(name, path, command, judge):
    """The findings of one file, unless the very same was clean before. A crash of the tool is a finding."""
    code, text, why = run([options.cc, "-E", "-std=gnu11", *options.cppflags, path])
    if code:
        return [f"{path}: {why.strip()}"]
    key = hashlib.sha256("\0".join([*command, versions[name], text]).encode()).hexdigest()
    clean = os.path.join(options.cache, f"{name}-{key}")
    if os.path.exists(clean):
        return []
    found = judge(*run([*command]))
    if not found:
        with open(clean, "w", encoding="utf-8"):
            pass
    return found


def config(*names):
    text = ""
    for name in names:
        with open(os.path.join(TOP, name), encoding="utf-8") as f:
            text += f.read()
    return text


versions = {}


def format_():
    need("clang-format")
    files = sources((".c", ".h"))

    def some(batch):
        _, _, said = run(["clang-format", "--dry-run", "-Werror", "--ferror-limit=1", *batch])
        return re.findall(r"^\S+: error: .*$", said, flags=re.M)

    return side_by_side(some, [files[i::options.jobs] for i in range(options.jobs)])


def own_rules():
    found = []
    for path in sources((".c", ".h")):
        with open(os.path.join(TOP, path), encoding="utf-8") as f:
            found += [f"{path}:{line}: {rule}: {what}" for line, rule, what in rules.findings(path, f.read())]
    return found


def shellcheck():
    need("shellcheck")
    scripts = sources((".sh",)) + ["autogen.sh", "tillbridge-in-tree.in", "sdk/skeleton/tillbridge-new-plugin.in", ".ci/run"]
    present = [s for s in scripts if os.path.exists(os.path.join(TOP, s))]
    _, said, why = run(["shellcheck", "-f", "gcc", "-S", "warning", *present])
    return (said + why).splitlines()


def cppcheck():
    need("cppcheck")
    cache = os.path.join(options.cache, "cppcheck")
    os.makedirs(cache, exist_ok=True)
    code, said, why = run(["cppcheck", "-q", f"-j{options.jobs}", "--std=c11", "--error-exitcode=1", "--inline-suppr",
                           "--enable=warning,performance,portability", f"--cppcheck-build-dir={cache}",
                           "--library=posix,gnu", f"--library={HERE}/cppcheck.cfg", f"--suppressions-list={HERE}/cppcheck.txt",
                           "--template=gcc", "-I.", "-Iinclude", "-D__x86_64__", "-D_GNU_SOURCE",
                           *product()])
    found = re.findall(r"^\S+:\d+:\d+: .*$", said + why, flags=re.M)
    return found if found or not code else [f"cppcheck: {(said + why).strip()}"]


def tidy():
    need("clang-tidy")
    versions["tidy"] = run(["clang-tidy", "--version"])[1] + config(".clang-tidy")

    def judge(code, said, why):
        found = re.findall(r"^\S+:\d+:\d+: (?:warning|error): .*$", said, flags=re.M)
        return [f.replace(TOP + "/", "") for f in found] or ([f"clang-tidy: {why.strip()}"] if code else [])

    return side_by_side(lambda path: once(
        "tidy", path, ["clang-tidy", "--quiet", "--warnings-as-errors=*", path, "--", "-std=gnu11", *options.cppflags],
        judge), product())


def analyzer():
    cc = need("gcc")
    version = run([cc, "-dumpfullversion"])[1]
    if int(version.split(".")[0]) < 12:
        raise Missing(f"gcc {version.strip()} has no analyzer worth asking (12 has)")
    versions["analyzer"] = version

    def judge(code, said, why):
        found = re.findall(r"^\S+:\d+:\d+: (?:warning|error): .*$", why, flags=re.M)
        return found or ([f"gcc: {why.strip()}"] if code else [])

    return side_by_side(lambda path: once(
        "analyzer", path, [cc, "-std=gnu11", *ANALYZER, *options.cppflags, "-c", "-o", os.devnull, path], judge), product())


PARTS = {"rules": own_rules, "format": format_, "shellcheck": shellcheck, "cppcheck": cppcheck, "analyzer": analyzer,
         "tidy": tidy}


def main():
    failed = 0
    os.makedirs(options.cache, exist_ok=True)
    for name in options.parts or PARTS:
        begun = time.monotonic()
        try:
            found = sorted(set(PARTS[name]()))
        except Missing as e:
            print(f"skipped {name}: {e}", flush=True)
            continue
        failed += len(found)
        print("\n".join(found + [f"{'FAIL' if found else 'ok  '} {name}: {len(found)} findings, "
                                 f"{time.monotonic() - begun:.1f} s"]), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    a = argparse.ArgumentParser()
    a.add_argument("--cc", default="gcc")
    a.add_argument("--cppflags", type=shlex.split, default=[])
    a.add_argument("--cache", required=True)
    a.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    a.add_argument("parts", nargs="*", choices=[[], *PARTS])
    options = a.parse_args()
    options.cache = os.path.abspath(options.cache)
    sys.exit(main())
