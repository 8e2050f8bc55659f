/**
 * Arrow files: lists of tokens, and Kronecker factors.
 *
 * <p>It must not know model folders and texts.
 */
package org.llmsurgeon.checkpoint.arrow;
