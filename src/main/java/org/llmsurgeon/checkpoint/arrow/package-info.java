/**
 * Arrow files: lists of tokens.
 *
 * <p>It must not know model folders and texts.
 */
package org.llmsurgeon.checkpoint.arrow;
