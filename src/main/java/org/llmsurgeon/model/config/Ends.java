package org.llmsurgeon.model.config;

import org.llmsurgeon.compute.Activation;

/**
 * What a network has before its first block and after its last one beside the embedding of tokens
 * and positions: encoders have it, decoders do not.
 *
 * @param types table of the types of tokens, {@code [kinds, hidden]}, of which all tokens are of
 *     the first; null where there is none
 * @param kinds its rows
 * @param transform module of the layer {@code hidden -> hidden} before the head; null for none
 * @param activation what that layer's result goes through
 * @param bias the head's bias, {@code [outputs]}; null for none
 * @param outputs what the head tells apart: tokens, or labels
 */
public record Ends(
    String types, int kinds, String transform, Activation activation, String bias, int outputs) {
  /**
   * The ends of a decoder.
   *
   * @param vocabulary distinct token ids
   */
  public static Ends ofDecoder(int vocabulary) {
    return new Ends(null, 0, null, null, null, vocabulary);
  }
}
