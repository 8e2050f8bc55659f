/**
 * Texts as they are stored, in pieces: plain, JSON, JSON lines, Arrow; questions with choices.
 *
 * <p>It must not know tokens and what the texts are for.
 */
package org.llmsurgeon.checkpoint.text;
