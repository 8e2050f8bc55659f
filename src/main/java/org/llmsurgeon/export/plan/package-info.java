/**
 * What of a folder with zeros is left out, and in which form the rest is written: what is zero in
 * each block, the widths that remain, the route that fits them, the edits of tensors and the files
 * of configuration.
 *
 * <p>It writes nothing, and must not know how it was decided what goes.
 */
package org.llmsurgeon.export.plan;
