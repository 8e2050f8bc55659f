/**
 * How fast a device is, at shapes that are stated: products, a block of a transformer forward and
 * backward with the sums of its factors, factorisations. For users who want to know what a machine
 * can do, and for whoever changes a device.
 *
 * <p>This package must not know anything of ours but {@link org.llmsurgeon.compute}: it measures
 * devices, not models.
 */
package org.llmsurgeon.compute.bench;
