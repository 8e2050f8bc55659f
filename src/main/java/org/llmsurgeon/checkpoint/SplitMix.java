package org.llmsurgeon.checkpoint;

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
   * The next number in {@code [0, bound)}, all equally likely: the upper 31 bits, drawn again while
   * they lie in the incomplete last round of {@code bound} numbers.
   *
   * @param bound at least 1
   */
  int below(int bound) {
    long limit = (1L << 31) - (1L << 31) % bound;
    long bits = next() >>> 33;
    while (bits >= limit) {
      bits = next() >>> 33;
    }
    return (int) (bits % bound);
  }
}
