/**
 * Stages after the cut: corrections and refits.
 *
 * <p>It must not know the report.
 */
package org.llmsurgeon.pipeline.correct;
