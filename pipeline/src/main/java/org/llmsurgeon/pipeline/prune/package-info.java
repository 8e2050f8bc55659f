/**
 * The sequence of shots of a run.
 *
 * <p>It must not know how each stage does its work.
 */
package org.llmsurgeon.pipeline.prune;
