/**
 * Stages that measure a model.
 *
 * <p>It must not know shots.
 */
package org.llmsurgeon.pipeline.evaluate;
