package org.llmsurgeon.model.config;

import java.util.List;
import org.llmsurgeon.compute.Activation;

/**
 * What a network has before its first block and after its last one beside the embedding of tokens
 * and positions, and what all of it is for.
 *
 * @param types table of the types of tokens, {@code [kinds, hidden]}, of which all tokens are of
 *     the first; null where there is none
 * @param kinds its rows
 * @param images how it reads images; null where it reads text
 * @param head what comes after the last block
 * @param begun whether every window of a text has to begin with the token that its tokenizer puts
 *     at the beginning of a text
 * @param objective what the network is to do
 */
public record Ends(
    String types,
    int kinds,
    ImageInput images,
    HeadShape head,
    boolean begun,
    Objective objective) {
  /**
   * Ends that take a window as it comes.
   *
   * @param types table of the types of tokens; null where there is none
   * @param kinds its rows
   * @param images how it reads images; null where it reads text
   * @param head what comes after the last block
   * @param objective what the network is to do
   */
  public Ends(String types, int kinds, ImageInput images, HeadShape head, Objective objective) {
    this(types, kinds, images, head, false, objective);
  }

  /**
   * How a network reads images.
   *
   * @param shape how they become tokens
   * @param own the tokens before those of an image, by their tensors, {@code [1, 1, hidden]}
   * @param bias of the squares' layer, {@code [hidden]}, whose weight is the embedding
   * @param scale what pixels go through; null where nobody knows, so that none can be read
   */
  public record ImageInput(ImageShape shape, List<String> own, String bias, PixelScale scale) {
    /** Copies the list. */
    public ImageInput {
      own = List.copyOf(own);
    }
  }

  /**
   * What a network says with its last hidden state.
   *
   * @param transform module of the layer {@code hidden -> hidden} before the head; null for none
   * @param activation what that layer's result goes through
   * @param bias the head's bias, {@code [outputs]}; null for none
   * @param outputs what the head tells apart: tokens, or labels
   * @param second module of another head, with a bias, that reads the second token as this one
   *     reads the first: what is said is the mean of both; null for none
   */
  public record HeadShape(
      String transform, Activation activation, String bias, int outputs, String second) {
    /**
     * A head alone.
     *
     * @param transform module of the layer before it; null for none
     * @param activation what that layer's result goes through
     * @param bias its bias; null for none
     * @param outputs what it tells apart
     */
    public HeadShape(String transform, Activation activation, String bias, int outputs) {
      this(transform, activation, bias, outputs, null);
    }

    /**
     * A product alone.
     *
     * @param outputs what it tells apart
     */
    public static HeadShape plain(int outputs) {
      return new HeadShape(null, null, null, outputs);
    }
  }

  /**
   * The ends of a decoder, which says next tokens.
   *
   * @param vocabulary distinct token ids
   */
  public static Ends ofDecoder(int vocabulary) {
    return new Ends(null, 0, null, HeadShape.plain(vocabulary), Objective.NEXT_TOKEN);
  }

  /** What the head tells apart: tokens, or labels. */
  public int outputs() {
    return head.outputs();
  }

  /**
   * The same for another purpose.
   *
   * @param other what the network is to do
   */
  Ends with(Objective other) {
    return new Ends(types, kinds, images, head, begun, other);
  }

  /** The same of a network that was trained with a beginning in every window and needs it. */
  public Ends withBeginning() {
    return new Ends(types, kinds, images, head, true, objective);
  }

  /**
   * The same with other pixels.
   *
   * @param scale what they go through
   */
  Ends with(PixelScale scale) {
    ImageInput scaled = new ImageInput(images.shape(), images.own(), images.bias(), scale);
    return new Ends(types, kinds, scaled, head, begun, objective);
  }

  /**
   * The same without a head.
   *
   * @param width of the vectors that the network gives then
   * @param other what they are for
   */
  Ends bare(int width, Objective other) {
    return new Ends(types, kinds, images, HeadShape.plain(width), other);
  }
}
