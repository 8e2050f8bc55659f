/**
 * A network as data: sizes, shapes and names of its linear layers, positions, norms.
 *
 * <p>It must not know how a {@code config.json} spells any of it, nor weights, passes and layers.
 */
package org.llmsurgeon.model.config;
