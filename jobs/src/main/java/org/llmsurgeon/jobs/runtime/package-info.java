/**
 * The process: the Spark context that a command works on, logs, and what is said when something
 * fails.
 *
 * <p>It must not know commands.
 */
package org.llmsurgeon.jobs.runtime;
