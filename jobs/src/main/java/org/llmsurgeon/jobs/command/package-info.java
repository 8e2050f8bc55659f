/**
 * The commands, a class each: arguments to a request to {@code org.llmsurgeon.pipeline}, its result
 * to text.
 *
 * <p>It must not know how a run works.
 */
package org.llmsurgeon.jobs.command;
