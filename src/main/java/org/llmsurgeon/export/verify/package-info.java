/**
 * Whether a smaller folder computes what the one with zeros does: weight by weight, and by logits
 * in this program and in the transformers library.
 *
 * <p>It must not know how it was decided what is left out.
 */
package org.llmsurgeon.export.verify;
