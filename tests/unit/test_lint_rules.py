# SPDX-License-Identifier: Apache-2.0
"""Every rule of make lint is seen red on a line that breaks it, and lets pass what only looks like it."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lint"))
import rules  # noqa: E402

LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"

# (path, the code after the licence's line, the rule that it breaks or None)
CASES = [
    ("core/cli/x.c", "    strcpy(to, from);\n", "banned-call"),
    ("tests/unit/x.c", "    n = atoi(text);\n", "banned-call"),
    ("plugins/file/x.c", "    FILE *f = popen(command, \"r\");\n", "banned-call"),
    ("core/cli/x.c", "    int code = system(command);\n", "banned-call"),
    ("core/cli/x.c", "    s->system(1); /* strcpy() */ puts(\"system(1)\");\n", None),
    ("core/engine/x.c", "    now = time(NULL);\n", "one-door"),
    ("core/base/x.c", "    now = time(NULL);\n", None),
    ("sdk/sim/x.c", "    n = random();\n", "one-door"),
    ("core/engine/x.c", "    pthread_mutex_lock(&m);\n", "one-door"),
    ("plugins/adobe/x.c", "    curl_easy_perform(c);\n", "one-door"),
    ("plugins/adobe/x.c", "#include \"core/base/env.h\"\n", "arrow"),
    ("core/journal/x.c", "#include \"core/engine/engine.h\"\n", "arrow"),
    ("core/engine/x.c", "#include \"core/journal/journal.h\"\n", None),
    ("core/sdk/x.c", "    double price;\n", "float"),
    ("core/cli/x.c", "{\n" + "    f();\n" * 60 + "}\n", None),
    ("core/cli/x.c", "{\n" + "    f();\n" * 61 + "}\n", "long"),
    ("core/cli/x.c", "{\n" + " " * 12 + "if (a)\n}\n", None),
    ("core/cli/x.c", "{\n" + " " * 16 + "if (a)\n}\n", "deep"),
    ("core/cli/x.c", "int a;", "shape"),
]

passed = failed = 0


def judge(path, text, rule):
    global passed, failed
    seen = {found for _, found, _ in rules.findings(path, text)}
    if seen == ({rule} if rule else set()):
        passed += 1
    else:
        failed += 1
        print(f"FAIL {path}: {rule or 'nothing'} was to be found, not {seen or 'nothing'}, in:\n{text}")


for case_path, code, wanted in CASES:
    judge(case_path, LICENCE + code, wanted)
judge("core/cli/x.c", "int a;\n", "licence")
untested = {row[0] for row in rules.RULES} - {wanted for _, _, wanted in CASES}
passed, failed = passed + (not untested), failed + bool(untested)
print(f"rules without a case: {untested or 'none'}\n{passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
