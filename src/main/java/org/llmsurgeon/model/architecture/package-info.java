/**
 * From {@code config.json} to a network as data: one short class for each family of architectures,
 * in one registry ({@link org.llmsurgeon.model.architecture.Architectures}).
 *
 * <p>It must not know weights, passes and layers: an architecture says which weight goes where, and
 * computes nothing.
 */
package org.llmsurgeon.model.architecture;
