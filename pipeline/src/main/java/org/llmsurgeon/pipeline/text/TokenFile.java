package org.llmsurgeon.pipeline.text;

import java.io.Serializable;
import org.llmsurgeon.checkpoint.token.SplitTokens;

/**
 * Tokens of a split of a text, kept until the windows are made.
 *
 * @param path file relative to the run directory: little-endian int32
 * @param content how much is in it
 */
record TokenFile(String path, SplitTokens content) implements Serializable {
  /** Tokens in it. */
  long tokens() {
    return content.tokens();
  }
}
