/**
 * The layers, each with its forward and backward, written once against {@link
 * org.llmsurgeon.compute.Device}: linear layers, norms, attention, feed-forwards, the way in.
 *
 * <p>It must not know which network they are part of, nor what taps are for.
 */
package org.llmsurgeon.model.layer;
