/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin's file is judged by reading it: whatever it holds, it is taken or refused with a sentence that
 * names it, nothing of it is run, and it is taken only if it holds our note in a version we know.
 *
 * Input: the file. */
#include "tests/fuzz/fuzz.h"

#include <elf.h>

#include "core/plugin/judge.h"

/* Nothing is opened as code here. */
SEEN_BY_LIBRARIES void *dlopen(const char *file, int mode);
void *dlopen(const char *file, int mode)
{
    (void)mode;
    MUST(false, "%s is opened", file ? file : "the program");
    return NULL;
}

/* The note's name, then its content, somewhere in the file. */
static bool holds_note(const uint8_t *data, size_t size, const tb_note *note)
{
    static const char name[12] = "tillbridge";
    const char *content = (const char *)note + offsetof(tb_note, magic);
    size_t body = sizeof *note - offsetof(tb_note, magic);
    for (size_t i = 0; i + sizeof name + body <= size; i++) {
        if (!memcmp(data + i, name, strlen(name) + 1) && memmem(data + i, size - i, content, body))
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    judged_file judged = {0};
    error e = {""};
    fuzz_file("fuzz.so", data, size);
    int bad = judge_file(fuzz_folder(), "fuzz.so", &judged, &e);
    if (bad) {
        MUST(bad == -1 && strstr(e.text, "fuzz.so: "), "\"%s\"", e.text);
        return 0;
    }
    MUST(size >= sizeof(Elf64_Ehdr) && !memcmp(data, ELFMAG, SELFMAG), "taken, and not ELF");
    MUST(judged.size == size, "%llu bytes", (unsigned long long)judged.size);
    MUST(judged.note.magic == TB_ABI_MAGIC && judged.note.abi_major == TB_ABI_MAJOR &&
             judged.note.abi_minor <= TB_ABI_MINOR,
         "contract %u.%u", judged.note.abi_major, judged.note.abi_minor);
    MUST(holds_note(data, size, &judged.note), "taken, and the file holds no such note");
    return 0;
}
