package org.llmsurgeon.model.config;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.llmsurgeon.InputException;

/**
 * Hidden tokens are to be said: of those of a window that stand for text 15 % are chosen, at least
 * one; of these 80 % become the mask, 10 % another token at random, 10 % stay as they are (Devlin
 * et al. 2019, "Masked LM" and appendix A.1). Which ones depends on the seed and the window's
 * tokens alone, so that it is the same whenever and wherever the window is read. Measured by the
 * perplexity of the chosen tokens.
 *
 * @param vocabulary distinct token ids
 * @param special the mask, and what is never chosen
 * @param seed another one chooses other tokens
 */
public record MaskedToken(int vocabulary, SpecialTokens special, long seed) implements Objective {
  private static final double CHOSEN = 0.15;
  private static final double MASKED = 0.8;
  private static final double REPLACED = 0.9;

  /** 2^64 over the golden ratio: neighbouring seeds are far apart. */
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  @Override
  public String label() {
    return "masked-token";
  }

  @Override
  public Objective reading(SpecialTokens tokens) {
    return new MaskedToken(vocabulary, tokens, seed);
  }

  @Override
  public Objective seeded(long other) {
    return new MaskedToken(vocabulary, special, other);
  }

  @Override
  public Example example(int[] window) {
    if (special.mask() == SpecialTokens.NONE) {
      throw new InputException(
          "the model folder's tokenizer.json has no mask token, so no token can be hidden: copy the"
              + " tokenizer of this model into its folder");
    }
    int[] ids = window.clone();
    int[] targets = new int[window.length];
    Arrays.fill(targets, -1);
    Random random = new Random(seed * GOLDEN + hash(window));
    for (int position : chosen(window, random)) {
      targets[position] = window[position];
      double what = random.nextDouble();
      if (what < MASKED) {
        ids[position] = special.mask();
      } else if (what < REPLACED) {
        ids[position] = random.nextInt(vocabulary);
      }
    }
    return new Example(ids, targets);
  }

  private int[] chosen(int[] window, Random random) {
    int[] text =
        IntStream.range(0, window.length)
            .filter(each -> !special.all().contains(window[each]))
            .toArray();
    int[] from = text.length == 0 ? IntStream.range(0, window.length).toArray() : text;
    int count = Math.min(from.length, Math.max(1, (int) (CHOSEN * from.length)));
    for (int i = 0; i < count; i++) {
      int other = i + random.nextInt(from.length - i);
      int swapped = from[i];
      from[i] = from[other];
      from[other] = swapped;
    }
    return Arrays.copyOf(from, count);
  }

  private static long hash(int[] window) {
    long hash = window.length;
    for (int id : window) {
      hash = (hash ^ id) * 0x100000001b3L; // FNV-1, Fowler, Noll and Vo
      hash ^= hash >>> 29;
    }
    return hash;
  }

  @Override
  public String metric() {
    return "perplexity";
  }

  @Override
  public double score(double[] losses) {
    return NEXT_TOKEN.score(losses);
  }
}
