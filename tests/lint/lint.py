# SPDX-License-Identifier: Apache-2.0
"""make lint: everything that reads the sources without running them.

Each part is a function that returns its findings, or says that its tool is missing. Two files are judged at a time. What was
clean is remembered in the build tree by the hash of all that went in (preprocessed text, flags, exceptions, tool), so a
second run judges only what changed. It ends with 0 when all is clean, with 1 when there are findings, and with 77 when
nothing was found but a tool is missing: not everything was judged. What is let pass stands in exceptions.txt with its reason.

    make lint                          everything
    make lint LINT="core/engine"       these folders or files
    make lint PARTS="rules format"     these parts
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
# -O0: what was written, not what the optimiser made of it (less to misread).
ANALYZER = ["-fanalyzer", "-O0"]


class Missing(Exception):
    pass


def chosen(path):
    """LINT= names folders or files of the source tree; nothing named is everything."""
    return not options.only or any(path == o or path.startswith(o + "/") for o in options.only)


def sources(suffixes, folders=FOLDERS):
    found = []
    for folder in folders:
        for where, inner, names in os.walk(os.path.join(TOP, folder)):
            inner.sort()
            found += [os.path.relpath(os.path.join(where, n), TOP) for n in sorted(names) if n.endswith(suffixes)]
    return [path for path in found if chosen(path)]


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
    code, text, why = run([*options.cc, "-E", "-std=gnu11", *options.cppflags, path])
    if code:
        return [f"{path}: {why.strip()}"]
    key = hashlib.sha256("\0".join([*command, str(exceptions(name)), versions[name], text]).encode()).hexdigest()
    clean = os.path.join(options.cache, f"{name}-{key}")
    if os.path.exists(clean):
        return []
    found = without_exceptions(name, judge(*run([*command])))
    if not found:
        with open(clean, "w", encoding="utf-8"):
            pass
    return found


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as f:
        return f.read()


def exceptions(tool):
    """[(check, where or "")] of a tool in exceptions.txt. A line that gives no reason ends the run."""
    found = []
    for line in read("tests/lint/exceptions.txt").splitlines():
        if line and not line.startswith("#"):
            row = re.fullmatch(r"(\w+): ([\w.-]+)(?: (\S+))?: (\w.*)", line)
            if not row:
                sys.exit(f"tests/lint/exceptions.txt: not \"tool: check [where]: why\": {line}")
            if row.group(1) == tool:
                found.append((row.group(2), row.group(3) or ""))
    return found


def without_exceptions(tool, found):
    """A finding begins with its path and tells its check somewhere after it."""
    return [f for f in found if not any(f.startswith(where) and re.search(rf"\b{re.escape(check)}\b", f)
                                        for check, where in exceptions(tool))]


versions = {}


def format_():
    need("clang-format")
    files = sources((".c", ".h"))

    def some(batch):
        _, _, said = run(["clang-format", "--dry-run", "-Werror", "--ferror-limit=1", *batch])
        return re.findall(r"^\S+: error: .*$", said, flags=re.M)

    return side_by_side(some, [files[i::options.jobs] for i in range(options.jobs)])


def own_rules():
    found = [f"{path}:{line}: {rule}: {what}" for path in sources((".c", ".h"))
             for line, rule, what in rules.findings(path, read(path))]
    return without_exceptions("rules", found)


def shellcheck():
    need("shellcheck")
    scripts = sources((".sh",)) + ["autogen.sh", "tillbridge-in-tree.in", "sdk/skeleton/tillbridge-new-plugin.in", ".ci/run"]
    present = [s for s in scripts if chosen(s) and os.path.exists(os.path.join(TOP, s))]
    _, said, why = run(["shellcheck", "-f", "gcc", "-S", "warning", *present]) if present else (0, "", "")
    return without_exceptions("shellcheck", (said + why).splitlines())


def cppcheck():
    need("cppcheck")
    cache = os.path.join(options.cache, "cppcheck")
    os.makedirs(cache, exist_ok=True)
    left_out = [f"--suppress={check}:{where}" if where else f"--suppress={check}" for check, where in exceptions("cppcheck")]
    code, said, why = run(["cppcheck", "-q", f"-j{options.jobs}", "--std=c11", "--error-exitcode=1",
                           "--enable=warning,performance,portability", f"--cppcheck-build-dir={cache}",
                           "--library=posix,gnu", f"--library={HERE}/cppcheck.cfg", *left_out,
                           "--template=gcc", "-I.", "-Iinclude", "-D__x86_64__", "-D_GNU_SOURCE",
                           *product()]) if product() else (0, "", "")
    found = re.findall(r"^\S+:\d+:\d+: .*$", said + why, flags=re.M)
    return found if found or not code else [f"cppcheck: {(said + why).strip()}"]


def tidy():
    need("clang-tidy")
    versions["tidy"] = run(["clang-tidy", "--version"])[1] + read(".clang-tidy")
    reasons = [check for check, where in exceptions("tidy") if not where]
    silent = [f".clang-tidy: {check} is left out without a reason in tests/lint/exceptions.txt"
              for check in re.findall(r"[\s,]-([\w.-]+)(?=[,\s])", read(".clang-tidy")) if check not in reasons]

    def judge(code, said, why):
        found = re.findall(r"^\S+:\d+:\d+: (?:warning|error): .*$", said, flags=re.M)
        return [f.replace(TOP + "/", "") for f in found] or ([f"clang-tidy: {why.strip()}"] if code else [])

    return silent + side_by_side(lambda path: once(
        "tidy", path, ["clang-tidy", "--quiet", "--warnings-as-errors=*", path, "--", "-std=gnu11", *options.cppflags],
        judge), product())


def analyzer():
    cc = need("gcc")
    version = run([cc, "-dumpfullversion"])[1]
    if int(version.split(".")[0]) < 12:
        raise Missing(f"gcc {version.strip()} has no analyzer worth asking (12 has)")
    versions["gcc"] = version
    left_out = [f"-Wno-analyzer-{check}" for check, where in exceptions("gcc") if not where]

    def judge(code, said, why):
        found = re.findall(r"^\S+:\d+:\d+: (?:warning|error): .*$", why, flags=re.M)
        return found or ([f"gcc: {why.strip()}"] if code else [])

    return side_by_side(lambda path: once(
        "gcc", path, [cc, "-std=gnu11", *ANALYZER, *left_out, *options.cppflags, "-c", "-o", os.devnull, path], judge), product())


PARTS = {"rules": own_rules, "format": format_, "shellcheck": shellcheck, "cppcheck": cppcheck, "analyzer": analyzer,
         "tidy": tidy}


def judge_part(name):
    """Prints what it found and a line that sums it up; how many findings, None when its tool is missing."""
    begun = time.monotonic()
    try:
        found = sorted(set(PARTS[name]()))
    except Missing as e:
        print(f"---- {name}: not judged: {e}", flush=True)
        return None
    for line in found:
        print(line)
    print(f"{'FAIL' if found else 'ok  '} {name}: {len(found)} findings, {time.monotonic() - begun:.1f} s", flush=True)
    return len(found)


def main():
    for path in options.only:
        if not os.path.exists(os.path.join(TOP, path)):
            sys.exit(f"lint: LINT={path}: there is no such folder or file in the source tree")
    os.makedirs(options.cache, exist_ok=True)
    seen = {name: judge_part(name) for name in options.parts or PARTS}
    missing = [name for name, n in seen.items() if n is None]
    findings = sum(n or 0 for n in seen.values())
    if findings:
        print(f"lint: {findings} findings")
    elif missing:
        print(f"lint: nothing found, but {', '.join(missing)} could not judge: install what is missing and run it again")
    else:
        print("lint: clean")
    return 1 if findings else 77 if missing else 0


if __name__ == "__main__":
    a = argparse.ArgumentParser()
    a.add_argument("--cc", type=shlex.split, default=["gcc"])
    a.add_argument("--cppflags", type=shlex.split, default=[])
    a.add_argument("--cache", required=True)
    a.add_argument("--only", type=lambda text: [os.path.normpath(w) for w in text.split()], default=[])
    a.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 2))
    a.add_argument("parts", nargs="*", choices=[[], *PARTS])
    options = a.parse_args()
    options.cache = os.path.abspath(options.cache)
    sys.exit(main())
