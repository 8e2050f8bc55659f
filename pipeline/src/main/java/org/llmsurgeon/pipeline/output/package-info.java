/**
 * Output folders, written aside and published whole.
 *
 * <p>It must not know stages, but for the evaluation of what was written.
 */
package org.llmsurgeon.pipeline.output;
