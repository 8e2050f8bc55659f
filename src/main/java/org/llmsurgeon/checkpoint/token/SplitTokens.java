package org.llmsurgeon.checkpoint.token;

import java.io.Serializable;

/**
 * What a split of a text gave.
 *
 * @param tokens how many
 * @param documents how many begin in it
 * @param blank whether it holds nothing but white space
 */
public record SplitTokens(long tokens, long documents, boolean blank) implements Serializable {}
