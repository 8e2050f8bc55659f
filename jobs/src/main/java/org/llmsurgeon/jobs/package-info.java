/**
 * The command line: options and recipes, exit codes, progress, tables, and the Spark context that a
 * command works on. One main, {@link org.llmsurgeon.jobs.Surgeon}; a class per command in {@code
 * command}.
 *
 * <p>Only this package and its rooms print and end the process. It must not know how a run works:
 * it turns arguments into requests to {@code org.llmsurgeon.pipeline} and results into text.
 */
package org.llmsurgeon.jobs;
