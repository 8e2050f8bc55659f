package org.llmsurgeon.model;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.llmsurgeon.compute.Device;

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

  /** Tokens of a batch at most: what a product of a large card is fast with. */
  private static final int MOST_TOKENS = 1 << 14;

  /** A token of a batch for so many bytes of a device's own memory. */
  private static final long BYTES_OF_TOKEN = 8L << 20;

  /** The part of a device's own memory that logits may take, and what they take at most. */
  private static final int LOGITS_SHARE = 128;

  private static final long MOST_LOGITS = 1L << 30;

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

  /**
   * The limits on a device: {@link #DEFAULT} where tensors live in the memory of the process, whose
   * caches are small.
   *
   * @param device where a model runs
   */
  public static MemoryLimits of(Device device) {
    OptionalLong own = device.ownMemory();
    return own.isPresent() ? ofCard(own.getAsLong()) : DEFAULT;
  }

  /**
   * The limits on a device with memory of its own: powers of two, so that two cards of one kind
   * have the same ones and give the same bits. 8,192 tokens and 512 MiB of logits at 80 GB.
   *
   * @param memory bytes
   */
  public static MemoryLimits ofCard(long memory) {
    long tokens = Long.highestOneBit(memory / BYTES_OF_TOKEN);
    long logits = Long.highestOneBit(memory / LOGITS_SHARE);
    return new MemoryLimits(
        (int) Math.max(DEFAULT.tokensPerBlock, Math.min(MOST_TOKENS, tokens)),
        DEFAULT.keepBytes,
        Math.max(DEFAULT.logitBytes, Math.min(MOST_LOGITS, logits)));
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
}
