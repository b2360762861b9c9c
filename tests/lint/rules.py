# SPDX-License-Identifier: Apache-2.0
"""The rules of this house that no compiler knows. Each is a row of RULES: where it holds, what must not be there, why.

They look at lines whose comments and strings are blanked out, so a word in a sentence is no finding. What is right all the
same stands in exceptions.txt.
"""
import re

LONGEST = 60  # lines of a function's body
DEEPEST = 3   # a statement inside so many others

CALL = r"(?<![\w.>])"  # a function, not a member that is called like one
PLUGIN_CODE = ("plugins/", "sdk/skeleton/", "sdk/examples/", "include/")

# (name, folders, folders or files left out, pattern, why)
RULES = [
    ("banned-call", ("core/", "plugins/", "sdk/", "include/", "tests/"), (),
     CALL + r"(strcpy|strcat|strncat|stpcpy|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|alloca|tmpnam|mktemp)\s*\(",
     "no bound, no error, or hidden state: use snprintf, buffer_*, strtol with its end checked"),
    ("banned-call", ("core/", "plugins/", "sdk/", "include/"), (), CALL + r"(system|popen|pthread_cancel|longjmp|setjmp)\s*\(",
     "no shell, and no thread or function is left without its scope guards"),
    ("one-door", ("core/", "plugins/", "sdk/", "include/"), ("core/base/",),
     CALL + r"(time|gettimeofday|clock_gettime|clock|nanosleep|clock_nanosleep|usleep|sleep|localtime|localtime_r|mktime)\s*\(",
     "law 8: time enters through core/base/env.h"),
    ("one-door", ("core/", "plugins/", "sdk/", "include/"), ("core/base/",),
     CALL + r"(rand|srand|rand_r|random|srandom|drand48|getrandom|getentropy|arc4random\w*|RAND_bytes)\s*\(",
     "law 8: randomness enters through core/base/env.h"),
    ("one-door", ("core/", "plugins/", "sdk/", "include/"), ("core/base/",),
     CALL + r"(pthread_(?:create|join|detach|mutex_\w+|cond_\w+|rwlock_\w+)|thrd_\w+|mtx_\w+|cnd_\w+|sem_(?:wait|timedwait|post))\s*\(",
     "law 8: threads, locks and waits enter through core/base/env.h"),
    ("one-door", ("core/", "plugins/", "sdk/", "include/"), ("core/base/",), CALL + r"curl_(easy|multi|share)_\w+\s*\(",
     "law 8: exchanges enter through core/base/env.h"),
    ("arrow", PLUGIN_CODE, (), r'^\s*#\s*include\s+["<](core|sdk)/',
     "law 5: a plugin includes <tillbridge/...> and its own folder"),
    ("arrow", ("core/base/",), (), r'^\s*#\s*include\s+"core/(?!base/)', "core/base uses nothing else of ours"),
    ("arrow", ("core/sdk/",), (), r'^\s*#\s*include\s+"core/(?!base/|sdk/)', "core/sdk is linked into plugins"),
    ("arrow", ("core/journal/", "core/config/"), (), r'^\s*#\s*include\s+"core/(engine|server|ops|cli)/',
     "arrows go down only"),
    ("arrow", ("core/plugin/",), (), r'^\s*#\s*include\s+"core/(engine|server|ops|cli)/', "arrows go down only"),
    ("arrow", ("core/engine/",), (), r'^\s*#\s*include\s+"core/(server|ops|cli)/', "arrows go down only"),
    ("arrow", ("core/server/",), (), r'^\s*#\s*include\s+"core/cli/', "arrows go down only"),
    ("float", ("plugins/", "include/", "core/sdk/", "core/journal/", "core/config/"), (), r"\b(float|double)\b",
     "law 7: money and quantities are int64_t with a scale"),
]


def blank(text):
    """The text with what stands in comments and strings replaced by blanks, lines kept."""
    def hide(match):
        word = match.group(0)
        if word.startswith(("'", '"')):
            return word[0] + " " * (len(word) - 2) + word[-1]
        return re.sub(r"[^\n]", " ", word)
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', hide, text, flags=re.S)


def holds(path, folders, left_out):
    return path.startswith(folders) and not (left_out and path.startswith(left_out))


def broken_rules(path, lines, code):
    for name, folders, left_out, pattern, why in RULES:
        if not holds(path, folders, left_out):
            continue
        for number, (line, bare) in enumerate(zip(lines, code), 1):
            seen = re.search(pattern, line if name == "arrow" else bare)
            if seen:
                yield number, name, f"{seen.group(0).strip().rstrip('(')}: {why}"


def long_functions(code):
    """A function's braces stand in the first column (clang-format sees to that), its statements 4 columns a level."""
    start = None
    for number, line in enumerate(code, 1):
        if line == "{":
            start = number
        elif line.startswith("}") and start:
            if number - start - 1 > LONGEST:
                yield start, "long", f"a function of {number - start - 1} lines; {LONGEST} are the most"
            start = None
        elif start:
            nested = re.match(r"( +)(if|for|while|do|switch)\b", line)
            if nested and len(nested.group(1)) > 4 * DEEPEST:
                yield number, "deep", f"{nested.group(2)} at level {len(nested.group(1)) // 4}; {DEEPEST} are the most"


def odd_shape(path, text, lines):
    if not re.match(r"(/\*|//) SPDX-License-Identifier: Apache-2.0", lines[0] if lines else ""):
        yield 1, "licence", "the first line names the licence (SPDX)"
    if not text.endswith("\n"):
        yield len(lines), "shape", "the last line has no end"


def findings(path, text):
    """(line, rule, sentence) for each finding in a C file; the path is the one inside the repository."""
    lines = text.split("\n")
    code = blank(text).split("\n")
    yield from odd_shape(path, text, lines)
    yield from broken_rules(path, lines, code)
    if not path.startswith("tests/"):
        yield from long_functions(code)
