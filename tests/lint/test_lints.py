"""The lints' own test: each violation, planted in a small tree, is seen; its clean twin is not."""
import os
import shutil
import subprocess
import tempfile
import unittest

import check_banned
import check_domain_symbols
import check_hardening
import check_headers
import check_layers
import check_machine_paths
import check_names
import check_sizes
import check_sql_in_c
import check_stored_enums
from tree import Tree

CMAKE = """
alertify_layer(base LIBS PkgConfig::SODIUM)
alertify_layer(formats USES base LIBS
    PkgConfig::JANSSON)
alertify_layer(domain USES base)
alertify_layer(ports USES base domain)
alertify_layer(flows USES base domain ports)
alertify_layer(adapters USES base formats domain ports LIBS PkgConfig::PQ PkgConfig::H2O)
alertify_layer(app USES flows adapters)
"""
MIGRATION = """-- why; create table decoy (state text check (state in ('no')));
create table alertify.incident (
    id uuid primary key,
    state text not null default 'open' check (state in ('open', 'resolved')), -- comment
    kind text check (kind is null or kind in (
        'a', 'b')),
    level text check (level = any (array['x'::text, 'y'::text]))
);
"""
LIST = '#define STATES(X) X(S_OPEN, "open") \\\n    X(S_RESOLVED, \\\n      "resolved")\n'


class LintTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.write("CMakeLists.txt", CMAKE)

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)

    def findings(self, lint):
        return lint.check(Tree(self.root))

    def assert_caught(self, lint, path, text, word=""):
        self.write(path, text)
        found = self.findings(lint)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(path + ":"), found)
        self.assertIn(word, found[0])

    def assert_clean(self, lint, path, text):
        self.write(path, text)
        self.assertEqual(self.findings(lint), [])


class Layers(LintTest):
    def test_domain_may_not_look_at_formats(self):
        self.assert_caught(check_layers, "src/domain/a.c", '#include "formats/json.h"\n', "formats/json.h")

    def test_a_layer_may_use_what_its_layers_use(self):
        self.assert_clean(check_layers, "src/app/a.c", '#include "ports/store.h"\n#include "app/b.h"\n')

    def test_flows_may_not_look_at_adapters(self):
        self.assert_caught(check_layers, "src/flows/a.c", '# include "adapters/pg.h"\n', "adapters/pg.h")

    def test_unit_tests_are_bound_by_their_layer(self):
        self.assert_caught(check_layers, "tests/unit/domain/test_a.c", '#include "adapters/pg.h"\n')

    def test_domain_may_not_see_a_clock(self):
        self.assert_caught(check_layers, "src/domain/a.c", "#include <time.h>\n", "<time.h>")

    def test_domain_may_sort_and_copy(self):
        self.assert_clean(check_layers, "src/domain/a.c", "#include <stdlib.h>\n#include <string.h>\n")

    def test_flows_may_not_see_libpq(self):
        self.assert_caught(check_layers, "src/flows/a.c", "#include <libpq-fe.h>\n", "libpq-fe.h")

    def test_adapters_may_see_libpq(self):
        self.assert_clean(check_layers, "src/adapters/a.c", "#include <libpq-fe.h>\n#include <h2o.h>\n")

    def test_an_include_without_its_layer_is_seen(self):
        self.assert_caught(check_layers, "src/base/a.c", '#include "arena.h"\n', "spell")

    def test_a_folder_that_is_no_layer_is_seen(self):
        self.assert_caught(check_layers, "src/extras/a.c", "int x;\n", "not a layer")

    def test_an_include_cycle_is_seen(self):
        self.write("src/base/a.h", '#include "base/b.h"\n')
        self.write("src/base/b.h", '#include "base/a.h"\n')
        self.assertIn("cycle", self.findings(check_layers)[0])

    def test_nested_folders_belong_to_their_layer(self):
        self.assert_caught(check_layers, "src/formats/template/a.c", '#include "domain/x.h"\n')


class Banned(LintTest):
    def test_strcpy_is_seen(self):
        self.assert_caught(check_banned, "src/base/a.c", "void f(void)\n{\n    strcpy(a, b);\n}\n", "strcpy")

    def test_a_comment_or_a_string_is_no_call(self):
        self.assert_clean(check_banned, "src/base/a.c", '/* strcpy(a) */ const char *s = "atoi(x)"; // rand()\n')

    def test_gmtime_r_and_own_names_are_fine(self):
        self.assert_clean(check_banned, "src/base/a.c", "gmtime_r(&t, &tm); my_strcpy(a); secret_free(s); x->free(y);\n")

    def test_malloc_in_a_flow_is_seen(self):
        self.assert_caught(check_banned, "src/flows/a.c", "void *p = malloc (3);\n", "malloc")

    def test_malloc_in_base_is_fine(self):
        self.assert_clean(check_banned, "src/base/a.c", "void *p = malloc(3); free(p);\n")

    def test_a_shell_is_seen(self):
        self.assert_caught(check_banned, "src/adapters/a.c", 'system("ls");\n', "system")

    def test_the_domain_does_not_log(self):
        self.assert_caught(check_banned, "src/domain/a.c", 'LOG(LOG_INFO, "x");\n', "LOG")

    def test_tests_are_checked_too(self):
        self.assert_caught(check_banned, "tests/unit/base/test_a.c", "int x = atoi(s);\n", "atoi")


class SqlInC(LintTest):
    def test_statements_are_seen(self):
        for sql in ("select id from incident", "insert into a values (1)", "UPDATE a SET x = 1",
                    "delete from a", "with x as (select 1) select * from x", "select pg_notify($1, '')",
                    "create table a (b int)", "\\n  select 1"):
            with self.subTest(sql):
                self.assert_caught(check_sql_in_c, "src/adapters/a.c", f'const char *q = "{sql}";\n', "SQL in C")

    def test_joined_literals_are_read_as_one(self):
        self.assert_caught(check_sql_in_c, "src/flows/a.c", 'q = "select id "\n    "from incident";\n')

    def test_sentences_are_fine(self):
        for text in ("select a step", "cannot update the incident", "begin", "commit", "deleted from chat",
                     "settings set by hand"):
            with self.subTest(text):
                self.assert_clean(check_sql_in_c, "src/adapters/a.c", f'const char *q = "{text}";\n')

    def test_sql_files_have_one_home(self):
        self.assert_caught(check_sql_in_c, "src/flows/a.sql", "select 1\n")


class Sizes(LintTest):
    def test_a_long_function_is_seen(self):
        self.assert_caught(check_sizes, "src/base/a.c", "int f(void)\n{\n" + "    x();\n" * 99 + "}\n", "function of 101")

    def test_a_function_of_100_lines_is_fine(self):
        self.assert_clean(check_sizes, "src/base/a.c", "int f(void)\n{\n" + "    x();\n" * 98 + "}\n")

    def test_a_table_with_its_reason_is_fine(self):
        self.assert_clean(check_sizes, "src/base/a.c",
                          "/* lint: long because one row per code */\nint f(void)\n{\n" + "    x();\n" * 200 + "}\n")

    def test_a_long_file_is_seen(self):
        self.assert_caught(check_sizes, "tests/unit/base/test_a.c", "int x;\n" * 901, "901 lines")

    def test_a_long_header_is_seen(self):
        self.assert_caught(check_sizes, "src/base/a.h", "int x;\n" * 201, "201 lines")


class Names(LintTest):
    def test_names_without_a_concept_are_seen(self):
        for path in ("src/base/str_util.c", "src/common/a.c", "tests/helpers.py", "src/app/task-manager.h"):
            with self.subTest(path):
                self.write(path, "")
                self.assertEqual(len(self.findings(check_names)), 1)
                os.remove(os.path.join(self.root, path))

    def test_concepts_are_fine(self):
        self.assert_clean(check_names, "src/domain/commonality.c", "")


class MachinePaths(LintTest):
    def test_a_home_is_seen(self):
        self.assert_caught(check_machine_paths, "README.md", "see /home/" + "anna/src\n", "/home/")

    def test_the_tree_s_own_place_is_seen(self):
        self.assert_caught(check_machine_paths, "a.txt", f"built in {self.root}/build\n")

    def test_a_url_is_fine(self):
        self.assert_clean(check_machine_paths, "README.md", "https://example.org/home/page and $HOME/work/x\n")


class Headers(LintTest):
    def test_a_header_without_its_manual_is_seen(self):
        self.assert_caught(check_headers, "src/base/a.h", "#pragma once\nint x;\n", "manual")

    def test_a_manual_without_layer_is_seen(self):
        self.assert_caught(check_headers, "src/base/a.h", "#pragma once\n/* a — things. */\n", "Layer: base")

    def test_a_wrong_layer_is_seen(self):
        self.assert_caught(check_headers, "src/base/a.h", "#pragma once\n/* a. Layer: domain. */\n", "domain")

    def test_a_manual_is_fine(self):
        self.assert_clean(check_headers, "src/base/a.h", "#pragma once\n/* a — things.\n * Layer: base. */\n")


class StoredEnums(LintTest):
    def setUp(self):
        super().setUp()
        self.write("migrations/0001_first.sql", MIGRATION)

    def test_equal_lists_are_fine(self):
        self.assert_clean(check_stored_enums, "src/domain/a.h", "/* stored: incident.state */\n" + LIST)

    def test_a_missing_value_is_seen(self):
        self.assert_caught(check_stored_enums, "src/domain/a.h",
                           '/* stored: incident.state */\n#define STATES(X) X(S_OPEN, "open")\n', "only there ['resolved']")

    def test_a_surplus_value_is_seen(self):
        self.assert_caught(check_stored_enums, "src/domain/a.h",
                           "/* stored: incident.state */\n" + LIST.rstrip() + ' X(S_NEW, "new")\n', "only here ['new']")

    def test_a_longer_comment_may_carry_the_marker(self):
        self.assert_clean(check_stored_enums, "src/domain/a.h",
                          "/* What it is. stored: alertify.incident.state\n *  OPEN  as said */\n" + LIST)

    def test_null_or_and_any_array_are_understood(self):
        self.assert_clean(check_stored_enums, "src/domain/a.h",
                          '/* stored: incident.kind */\n#define KINDS(X) X(K_A, "a") X(K_B, "b")\n'
                          '/* stored: incident.level */\n#define LEVELS(X) X(L_X, "x") X(L_Y, "y")\n')

    def test_the_last_migration_counts(self):
        self.write("migrations/0002_more.sql", "alter table alertify.incident drop constraint c,\n"
                   "  add constraint c check (state in ('open', 'resolved', 'snoozed'));\n")
        self.assert_caught(check_stored_enums, "src/domain/a.h", "/* stored: incident.state */\n" + LIST, "snoozed")

    def test_an_unknown_column_is_seen(self):
        self.assert_caught(check_stored_enums, "src/domain/a.h", "/* stored: incident.colour */\n" + LIST, "no CHECK")

    def test_a_marker_without_list_is_seen(self):
        self.assert_caught(check_stored_enums, "src/domain/a.h", "/* stored: incident.state */\nint x;\n", "right above")


class Symbols(LintTest):
    def library(self, code):
        self.write("a.c", code)
        subprocess.run(["gcc", "-O0", "-c", "a.c", "-o", "a.o"], cwd=self.root, check=True)
        path = os.path.join(self.root, "liba.a")
        subprocess.run(["ar", "rcs", path, os.path.join(self.root, "a.o")], check=True)
        return check_domain_symbols.check_library(path)

    def test_a_clock_is_seen(self):
        found = self.library("long time(long *); long f(void) { return time(0); }")
        self.assertEqual(found, ["liba.a:a.o: refers to time"])

    def test_base_s_clock_is_seen(self):
        self.assertTrue(self.library("long monotonic_us(void); long f(void) { return monotonic_us(); }"))

    def test_an_allocator_is_seen(self):
        self.assertTrue(self.library("void *malloc(unsigned long); void *f(unsigned long n) { return malloc(n); }"))

    def test_pure_code_is_fine(self):
        self.assertEqual(self.library("void *memcpy(void *, const void *, unsigned long); void *arena_alloc(void *, long);"
                                      "void *f(void *a, void *b) { return memcpy(arena_alloc(a, 8), b, 8); }"), [])


class Hardening(LintTest):
    def weak(self, *flags):
        self.write("a.c", "#include <string.h>\nvoid f(char *);\nvoid f(char *p) { char b[64]; strncpy(b, p, 64); p[0] = b[3]; }\n"
                          "int main(int n, char **v) { f(v[n - 1]); return 0; }\n")
        subprocess.run(["gcc", "-w", *flags, "a.c", "-o", "a"], cwd=self.root, check=True)
        subprocess.run(["gcc", "-w", *[f for f in flags if not f.startswith("-Wl")], "-c", "a.c", "-o", "a.o"], cwd=self.root, check=True)
        subprocess.run(["ar", "rcs", "libalertify_base.a", "a.o"], cwd=self.root, check=True)
        return {name for name, good in check_hardening.checks(os.path.join(self.root, "a")) if not good}

    def test_a_weak_binary_is_seen(self):
        missing = self.weak("-no-pie", "-fno-stack-protector", "-Wl,-z,norelro,-z,execstack,-z,lazy,--build-id=none,-rpath,/x")
        self.assertEqual(len(missing), 8, missing)

    def test_only_the_stack_is_missing(self):
        missing = self.weak("-O0", "-fPIE", "-pie", "-fstack-protector-all", "-Wl,-z,relro,-z,now,-z,execstack")
        self.assertIn("stack is not executable", missing)
        self.assertNotIn("our code has stack canaries", missing)


if __name__ == "__main__":
    unittest.main()
