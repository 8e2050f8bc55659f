/**
 * What goes, over all layers: rows and columns, units by paths, single weights by histograms.
 *
 * <p>It must not know corrections and files.
 */
package org.llmsurgeon.surgery.choose;
