package org.llmsurgeon.checkpoint.text;

/**
 * Some text of a file.
 *
 * @param path the file, for messages
 * @param startsDocument whether a document begins with it; else it goes on
 * @param text valid UTF-16, never half a character
 */
public record TextChunk(String path, boolean startsDocument, String text) {}
