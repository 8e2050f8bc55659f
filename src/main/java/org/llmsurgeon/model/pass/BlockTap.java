package org.llmsurgeon.model.pass;

/**
 * A tap that sees one block after the other, each with all windows before the next: so that what is
 * gathered of one block can be finished and given back before the next one begins.
 */
public interface BlockTap extends LinearTap {
  /**
   * All windows have gone through a block; its layers will not be seen again.
   *
   * @param block index of the block, from 0
   */
  void blockDone(int block);

  /**
   * What is gathered of all blocks together, if none is given back before the last window. Where
   * there is room for it, a run may show one batch after the other, and tells of finished blocks
   * with the last.
   *
   * @return bytes; the default is more than there is room for
   */
  default long bytesOfAllBlocks() {
    return Long.MAX_VALUE;
  }
}
