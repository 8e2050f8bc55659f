package org.llmsurgeon.compute.cuda.driver;

/** A card has too little free memory for a tensor. */
public final class CudaMemoryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param card which card
   * @param wanted bytes asked for
   * @param open bytes of the tensors that are open
   * @param free bytes that the card has free
   */
  CudaMemoryException(String card, long wanted, long open, long free) {
    super(
        "The card "
            + card
            + " has no "
            + wanted
            + " bytes left: the tensors on it take "
            + open
            + ", "
            + free
            + " are free. Use fewer tokens at once, fewer tasks for each card, or a larger card.");
  }
}
