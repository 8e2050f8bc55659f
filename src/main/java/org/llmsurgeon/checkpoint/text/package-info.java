/**
 * Text to tokens to windows: formats of text, tokenizers that may be cut, draws of windows.
 *
 * <p>It must not know networks and what the windows are for.
 */
package org.llmsurgeon.checkpoint.text;
