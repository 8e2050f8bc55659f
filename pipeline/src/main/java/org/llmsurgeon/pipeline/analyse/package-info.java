/**
 * Commands that read only: inspection, factors, costs.
 *
 * <p>It must not know output models.
 */
package org.llmsurgeon.pipeline.analyse;
