/**
 * Score, threshold and cut: what goes, and the layers without it.
 *
 * <p>It must not know how the factors came to be.
 */
package org.llmsurgeon.pipeline.cut;
