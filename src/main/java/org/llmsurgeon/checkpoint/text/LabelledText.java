package org.llmsurgeon.checkpoint.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * A text with its label, or a list of words with a label each.
 *
 * @param where file and line or row, for messages
 * @param texts the text, two where it is a pair, or the words
 * @param column of the labels, for messages
 * @param labels the text's label, or one for each word: numbers or names
 */
public record LabelledText(String where, List<String> texts, String column, List<JsonNode> labels) {
  /** Copies the lists. */
  public LabelledText {
    texts = List.copyOf(texts);
    labels = List.copyOf(labels);
  }
}
