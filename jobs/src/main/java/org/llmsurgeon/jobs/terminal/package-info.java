/**
 * What a person at a terminal sees: numbers, tables, progress.
 *
 * <p>It must not know options, and how a result came about.
 */
package org.llmsurgeon.jobs.terminal;
