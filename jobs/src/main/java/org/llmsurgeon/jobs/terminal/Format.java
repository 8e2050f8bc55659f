package org.llmsurgeon.jobs.terminal;

import java.util.Locale;

/** Numbers as people read them; the same in every locale. */
public final class Format {
  private Format() {}

  /**
   * A score between 0 and 1, or a correlation.
   *
   * @param score null for none
   */
  public static String score(Double score) {
    return score == null ? "" : String.format(Locale.ROOT, "%.4f", score);
  }

  /**
   * A perplexity with as many digits as tell anything.
   *
   * @param perplexity a positive number
   */
  public static String perplexity(double perplexity) {
    if (!(perplexity < 1e6)) {
      return String.format(Locale.ROOT, "%.3e", perplexity);
    }
    return String.format(Locale.ROOT, perplexity < 100 ? "%.3f" : "%.1f", perplexity);
  }

  /**
   * A count with commas between thousands.
   *
   * @param count any number
   */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /**
   * A number and what is counted: {@code 1 shot}, {@code 2 shots}.
   *
   * @param count how many
   * @param noun what, in the singular
   */
  public static String plural(long count, String noun) {
    return count(count) + " " + noun + (count == 1 ? "" : "s");
  }

  /**
   * A share as per cent, two digits behind the point.
   *
   * @param share 0.5 is {@code 50.00 %}
   */
  public static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  /**
   * A number with so many digits behind the point and commas between thousands.
   *
   * @param number any number
   * @param digits digits behind the point
   */
  public static String number(double number, int digits) {
    return String.format(Locale.ROOT, "%,." + digits + "f", number);
  }

  /**
   * A size in memory or on disk.
   *
   * @param bytes bytes
   */
  public static String bytes(long bytes) {
    String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0
        ? bytes + " bytes"
        : String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
  }

  /**
   * A time in the largest unit that fits and the next one.
   *
   * @param seconds seconds, at least 0
   */
  public static String seconds(double seconds) {
    if (seconds < 60) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    long whole = Math.round(seconds);
    if (whole < 3600) {
      return String.format(Locale.ROOT, "%d min %02d s", whole / 60, whole % 60);
    }
    long minutes = Math.round(seconds / 60);
    return String.format(Locale.ROOT, "%d h %02d min", minutes / 60, minutes % 60);
  }

  /**
   * Words in lines of a width.
   *
   * @param text words
   * @param width of a line, indent included; longer words stay whole
   * @param indent what each line starts with
   * @return lines, each ended by {@code \n}
   */
  public static String wrapped(String text, int width, String indent) {
    StringBuilder lines = new StringBuilder();
    StringBuilder line = new StringBuilder(indent);
    for (String word : text.split(" ")) {
      if (line.length() > indent.length() && line.length() + 1 + word.length() > width) {
        lines.append(line).append('\n');
        line = new StringBuilder(indent);
      }
      line.append(line.length() == indent.length() ? "" : " ").append(word);
    }
    return lines.append(line).append('\n').toString();
  }
}
