#pragma once
/* unittest — `alertify routes unittest FILE…`: what a routing file is expected to do, as a file.
 *
 *     config: routes.yml                 # relative to the test file; a file or a folder
 *     tests:
 *       - name: payments at night
 *         labels: { team: payments, severity: critical }
 *         at: "2026-12-31 23:10"         # needed with a timeline
 *         receivers: [payments]          # in the order of the tree
 *         timeline:                      # the lines of `alertify simulate`, all incidents' in
 * order
 *           - +0:00 hold 30s
 *
 * Layer: app. Main thread. */

/* Runs all files; prints to standard output, mistakes in a file to standard error. Exit code: 0
 * everything is as expected, 1 not. */
int unittest_files(int n, char **paths);
