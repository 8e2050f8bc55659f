package org.llmsurgeon.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/**
 * How much memory a pass over the data may take, beside the weights. The limits do not change any
 * result by more than rounding, and {@code keepBytes} not at all.
 *
 * @param tokensPerBlock tokens of one batch, at most, though at least one sequence; larger is
 *     faster until the caches are full
 * @param keepBytes bytes of intermediate results that a forward pass keeps for the backward pass;
 *     blocks beyond that are computed a second time. 0 keeps nothing but the blocks' inputs
 * @param logitBytes bytes of logits that exist at one time, at most, though at least one token's
 * @param spill makes the temporary file of what blocks read, where that alone is more than {@code
 *     keepBytes} and the run goes block by block
 */
public record MemoryLimits(
    int tokensPerBlock, long keepBytes, long logitBytes, Supplier<Path> spill) {
  /** 1,024 tokens, 1 GiB kept, 64 MiB of logits. */
  public static final MemoryLimits DEFAULT = new MemoryLimits(1024, 1L << 30, 64L << 20);

  /** Checks the limits. */
  public MemoryLimits {
    if (tokensPerBlock < 1 || keepBytes < 0 || logitBytes < 1) {
      throw new IllegalArgumentException(
          "tokensPerBlock %d, keepBytes %d, logitBytes %d"
              .formatted(tokensPerBlock, keepBytes, logitBytes));
    }
  }

  /**
   * As the canonical one, with Java's folder for temporary files.
   *
   * @param tokensPerBlock as {@link #tokensPerBlock}
   * @param keepBytes as {@link #keepBytes}
   * @param logitBytes as {@link #logitBytes}
   */
  public MemoryLimits(int tokensPerBlock, long keepBytes, long logitBytes) {
    this(tokensPerBlock, keepBytes, logitBytes, MemoryLimits::temporaryFile);
  }

  private static Path temporaryFile() {
    try {
      return Files.createTempFile("surgeon-activations-", ".tmp");
    } catch (IOException failure) {
      throw new UncheckedIOException("no temporary file could be made on the local disk", failure);
    }
  }

  /**
   * The same limits with another place for temporary files.
   *
   * @param files as {@link #spill}
   */
  public MemoryLimits withSpill(Supplier<Path> files) {
    return new MemoryLimits(tokensPerBlock, keepBytes, logitBytes, files);
  }

  /**
   * The same limits with another one for kept bytes.
   *
   * @param bytes as {@link #keepBytes}
   */
  public MemoryLimits withKeepBytes(long bytes) {
    return new MemoryLimits(tokensPerBlock, bytes, logitBytes, spill);
  }

  /**
   * The same limits with another one for the tokens of a batch.
   *
   * @param tokens as {@link #tokensPerBlock}
   */
  public MemoryLimits withTokensPerBlock(int tokens) {
    return new MemoryLimits(tokens, keepBytes, logitBytes, spill);
  }
}
