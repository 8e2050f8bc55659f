/**
 * What is made of the end of the residual stream: logits and their losses in pieces, pooled
 * embeddings, numbers; forward and backward.
 *
 * <p>It must not know the blocks before it, nor what taps are for.
 */
package org.llmsurgeon.model.head;
