/**
 * Typed reading of {@code config.json}: fields, positions, sizes of blocks, and what is refused by
 * its name.
 *
 * <p>It must not know which architectures there are.
 */
package org.llmsurgeon.model.fields;
