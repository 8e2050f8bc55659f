package org.llmsurgeon.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.llmsurgeon.InputException;

/**
 * Damages files at random, always in the same way, and holds a reader to what it promises: a right
 * reading or an {@link InputException} in one sentence that names the file, in little time.
 */
public final class Mutations {
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final int MOST_TOLD = 20;
  private static final Pattern JARGON =
      Pattern.compile("\\b[a-z]+\\.[a-z.]+\\.[A-Z]\\w+|\\w+Exception\\b|`[A-Z]\\w+\\.|Source:|\\n");
  private static final long[] EXTREMES = {
    0, 1, -1, 7, 8, 255, 65_535, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, 1L << 40
  };
  private static final String[] WORDS = {
    "null",
    "NaN",
    "-1",
    "1e999",
    "{}",
    "[]",
    "\"\"",
    "[[[[",
    "9223372036854775808",
    "\\ud800",
    "true",
    "0.5",
    "\u0000",
    "\ufeff",
    "{\"a\":",
    "99999999",
    "\"text\":",
    ",,",
    "\r\n"
  };

  /** Reads a file. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Reads all of it.
     *
     * @param file its bytes
     */
    void read(byte[] file) throws Exception;
  }

  private final Random random;

  /**
   * @param seed the same damage for the same seed
   */
  public Mutations(long seed) {
    this.random = new Random(seed);
  }

  /**
   * Lets a reader read a file damaged in many ways.
   *
   * @param name of the file, which every refusal names
   * @param file a sound file
   * @param head bytes from its start, or negative from its end, where half of the damage goes
   * @param count how often
   * @param reader what reads
   * @return how many were refused
   */
  public int holdTo(String name, byte[] file, int head, int count, Reader reader) {
    int refused = 0;
    List<String> broken = new ArrayList<>();
    for (int i = 0; i < count && broken.size() < MOST_TOLD; i++) {
      byte[] damaged = file;
      for (int times = 1 + random.nextInt(3); times > 0; times--) {
        damaged = mutate(damaged, head);
      }
      long start = System.nanoTime();
      try {
        reader.read(damaged);
      } catch (InputException clear) {
        refused++;
        if (!clear.getMessage().contains(name) || JARGON.matcher(clear.getMessage()).find()) {
          broken.add("mutation " + i + " says: " + clear.getMessage());
        }
      } catch (Exception | Error other) {
        StackTraceElement[] trace = other.getStackTrace();
        broken.add(
            "mutation %d: %s at %s, with %s"
                .formatted(
                    i,
                    other,
                    Arrays.asList(trace).subList(0, Math.min(6, trace.length)),
                    Arrays.toString(differences(file, damaged))));
      }
      if (System.nanoTime() - start > MOST_NANOS) {
        broken.add("mutation " + i + " took too long");
      }
    }
    assertThat(broken).as(name).isEmpty();
    return refused;
  }

  private byte[] mutate(byte[] file, int head) {
    if (file.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int at = place(file.length, head);
    return switch (random.nextInt(9)) {
      case 0 -> with(file, at, (byte) (file[at] ^ (1 << random.nextInt(8))));
      case 1 -> with(file, at, (byte) random.nextInt());
      case 2 -> Arrays.copyOf(file, at);
      case 3 -> spliced(file, at, Math.min(file.length, at + 1 + random.nextInt(8)), new byte[0]);
      case 4 -> {
        byte[] some = new byte[1 + random.nextInt(8)];
        random.nextBytes(some);
        yield spliced(file, at, at, some);
      }
      case 5 -> number(file, at);
      case 6 -> {
        int to = Math.min(file.length, at + 1 + random.nextInt(64));
        yield spliced(file, at, at, Arrays.copyOfRange(file, at, to));
      }
      case 7 -> {
        int from = place(file.length, head);
        int to = Math.min(file.length, from + 1 + random.nextInt(16));
        byte[] part = Arrays.copyOfRange(file, from, to);
        yield spliced(file, at, Math.min(file.length, at + part.length), part);
      }
      default -> {
        byte[] word =
            WORDS[random.nextInt(WORDS.length)].getBytes(java.nio.charset.StandardCharsets.UTF_8);
        yield spliced(file, at, Math.min(file.length, at + random.nextInt(6)), word);
      }
    };
  }

  private int place(int length, int head) {
    int part = Math.min(length, Math.abs(head));
    int at = random.nextInt(random.nextBoolean() ? part : length);
    return head < 0 ? length - 1 - at : at;
  }

  private static byte[] with(byte[] file, int at, byte value) {
    byte[] copy = file.clone();
    copy[at] = value;
    return copy;
  }

  private byte[] number(byte[] file, int at) {
    byte[] copy = file.clone();
    int width = 1 << random.nextInt(4);
    byte[] bytes =
        ByteBuffer.allocate(8)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(EXTREMES[random.nextInt(EXTREMES.length)])
            .array();
    System.arraycopy(bytes, 0, copy, at, Math.min(width, file.length - at));
    return copy;
  }

  private static byte[] spliced(byte[] file, int from, int to, byte[] middle) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(file, 0, from);
    out.writeBytes(middle);
    out.write(file, to, file.length - to);
    return out.toByteArray();
  }

  /** The lengths, and the first place where two files differ with what is there. */
  private static String[] differences(byte[] file, byte[] damaged) {
    int at = Arrays.mismatch(file, damaged);
    int to = Math.min(damaged.length, at + 40);
    return new String[] {
      file.length + " to " + damaged.length,
      "at " + at,
      Arrays.toString(Arrays.copyOfRange(damaged, Math.max(0, Math.min(at, to)), to))
    };
  }
}
