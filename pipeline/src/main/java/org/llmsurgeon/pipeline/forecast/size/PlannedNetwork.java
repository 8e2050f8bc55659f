package org.llmsurgeon.pipeline.forecast.size;

import java.util.Collections;
import java.util.stream.Stream;
import org.llmsurgeon.model.MemoryLimits;
import org.llmsurgeon.model.config.BlockSize;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.config.ModelSize;

/**
 * The most that the intermediate results of a pass through a network take, in bytes: of a batch, in
 * single precision.
 */
final class PlannedNetwork {
  private static final int FLOAT = Float.BYTES;

  private final ModelConfig config;
  private final ModelSize size;
  private final boolean gated;
  private final MemoryLimits limits;

  /**
   * @param limits of a pass, those of the device
   */
  PlannedNetwork(ModelConfig config, MemoryLimits limits) {
    this.config = config;
    this.limits = limits;
    this.size = config.size();
    this.gated = config.linears().stream().anyMatch(layer -> layer.role() == LinearRole.GATE);
  }

  /** Tokens of a batch of a task's windows. */
  private long batch(long windows, int context) {
    return batchWindows(windows, context) * context;
  }

  /** Windows of such a batch. */
  private long batchWindows(long windows, int context) {
    int most = Math.max(1, limits.tokensPerBlock() / context);
    return Math.max(1, Math.min(most, windows));
  }

  /**
   * Windows whose activations a task keeps at a time: those of a batch where they fit beside the
   * sums of all blocks, else all.
   *
   * @param windows windows of a task
   * @param context tokens of a window
   * @param sums bytes of the sums of all blocks
   * @param keep most bytes that are kept
   */
  long together(long windows, int context, long sums, long keep) {
    long one = batchWindows(windows, context);
    return sums < keep - boundaries(one * context) - traces(one * context) ? one : windows;
  }

  /** Numbers per token that a block keeps for its backward, its input left out. */
  private long kept(BlockSize block) {
    long attention = 2L * (block.queryHeads() + block.keyValueHeads()) * config.headDimension();
    return size.hidden() + attention + (gated ? 2L : 1L) * block.width() + mixture(block);
  }

  /** What the experts of a token keep, and what they wrote. */
  private long mixture(BlockSize block) {
    if (block.experts().isEmpty()) {
      return 0;
    }
    int parts = config.experts().perToken();
    long written = (parts + (block.width() > 0 ? 1L : 0L)) * size.hidden();
    return written + 2L * parts * Collections.max(block.experts());
  }

  /** The same of the block that keeps most. */
  private long mostKept() {
    return config.blocks().stream().mapToLong(this::kept).max().orElse(0);
  }

  private long widest() {
    // At worst all tokens go through the same experts, one expert at a time.
    return config.blocks().stream()
        .flatMap(block -> Stream.concat(Stream.of(block.width()), block.experts().stream()))
        .mapToLong(Integer::longValue)
        .max()
        .orElse(0);
  }

  /**
   * A forward pass: the largest of a block's results and the logits.
   *
   * @param windows windows of a task
   * @param context tokens of a window
   */
  long forward(long windows, int context) {
    long tokens = batch(windows, context);
    long block = 3L * size.hidden() + mostKept() + widest();
    long head = FLOAT * tokens * 2 * size.hidden() + logits(tokens, 1);
    return Math.max(FLOAT * tokens * block, head);
  }

  /**
   * How a forward pass with its backward is done.
   *
   * @param pairs whether inputs of layers are needed beside the gradients of their outputs
   * @param logits copies of the logits at a time
   * @param keep most bytes that blocks keep for the backward
   */
  record Backward(boolean pairs, int logits, long keep) {}

  /**
   * A forward pass and its backward: the inputs of all blocks, what blocks keep, and the largest of
   * the head's work and a block's.
   *
   * @param windows windows of a task
   * @param context tokens of a window
   * @param how how it is done
   */
  long backward(long windows, int context, Backward how) {
    long tokens = batch(windows, context);
    long inputs = FLOAT * tokens * (config.blockCount() + 2L) * size.hidden();
    long kept =
        Math.min(how.keep(), FLOAT * tokens * config.blocks().stream().mapToLong(this::kept).sum());
    long normed = how.pairs() ? 2L * size.hidden() + widest() : size.hidden();
    long block = normed + (gated ? 3L : 2L) * widest();
    long head = FLOAT * tokens * 2 * size.hidden() + logits(tokens, how.logits());
    return inputs + kept + Math.max(FLOAT * tokens * block, head);
  }

  /**
   * A forward pass and its backward, block after block: what blocks read and keep of all windows as
   * far as it may be kept, gradients, and the largest of the head's work and a block's of a batch.
   *
   * @param windows windows of a task
   * @param context tokens of a window
   * @param draws backward passes
   * @param how how it is done
   */
  long byBlock(long windows, int context, int draws, Backward how) {
    long tokens = batch(windows, context);
    long all = windows * context;
    long kept = Math.min(how.keep(), boundaries(all) + traces(all));
    long gradients = FLOAT * draws * all * size.hidden();
    long normed = how.pairs() ? 2L * size.hidden() + widest() : size.hidden();
    long again = kept < boundaries(all) + traces(all) ? mostKept() : 0;
    long block = 2L * size.hidden() + again + normed + (gated ? 3L : 2L) * widest();
    long head = FLOAT * tokens * 2 * size.hidden() + logits(tokens, how.logits());
    return kept + gradients + Math.max(FLOAT * tokens * block, head);
  }

  /**
   * The part of a forward pass that such a run does a second time.
   *
   * @param windows windows of a task
   * @param context tokens of a window
   * @param keep most bytes that are kept
   */
  double doneAgain(long windows, int context, long keep) {
    long all = windows * context;
    double room = Math.max(0, keep - boundaries(all));
    return 1 - Math.min(1, room / Math.max(1, traces(all)));
  }

  private long boundaries(long tokens) {
    return FLOAT * tokens * (config.blockCount() + 1L) * size.hidden();
  }

  private long traces(long tokens) {
    return FLOAT * tokens * config.blocks().stream().mapToLong(this::kept).sum();
  }

  private long logits(long tokens, int copies) {
    return Math.min(limits.logitBytes(), FLOAT * copies * tokens * config.ends().outputs());
  }
}
