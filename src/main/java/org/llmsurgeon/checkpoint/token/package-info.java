/**
 * Text to tokens to windows: tokenizers, texts that are tokenised in pieces, draws of windows.
 *
 * <p>It must not know how texts are stored, networks, and what the windows are for.
 */
package org.llmsurgeon.checkpoint.token;
