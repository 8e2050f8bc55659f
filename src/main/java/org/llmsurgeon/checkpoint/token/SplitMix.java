package org.llmsurgeon.checkpoint.token;

/**
 * SplitMix64 (Steele, Lea, Flood 2014): the random numbers of the windows, written out here so that
 * a seed means the same on every Java.
 */
final class SplitMix {
  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  private long state;

  SplitMix(long seed) {
    this.state = seed;
  }

  /** The next 64 bits. */
  long next() {
    state += GAMMA;
    long z = (state ^ (state >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /**
   * The next number in {@code [0, bound)}, all equally likely: the upper 31 bits, or 63 where the
   * bound needs them, drawn again while they lie in the incomplete last round of {@code bound}
   * numbers.
   *
   * @param bound at least 1
   */
  long below(long bound) {
    int unused = bound <= 1L << 31 ? 33 : 1;
    long most = Long.MAX_VALUE >>> (unused - 1);
    long last = most - (most % bound + 1) % bound;
    long bits = next() >>> unused;
    while (bits > last) {
      bits = next() >>> unused;
    }
    return bits % bound;
  }
}
