package org.llmsurgeon.jobs.demo;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The printable characters by which byte-level tokenizers write bytes: most of Latin-1 stands for
 * itself, every other byte for a character from U+0100 on, in order (a space becomes U+0120).
 */
final class ByteSymbols {
  private static final int BYTES = 256;
  private static final char[] SYMBOLS = symbols();

  private ByteSymbols() {}

  /** All symbols, in the order of their characters. */
  static List<String> all() {
    List<String> all = new ArrayList<>();
    for (char symbol : SYMBOLS) {
      all.add(String.valueOf(symbol));
    }
    all.sort(null);
    return all;
  }

  /** A text's UTF-8 bytes, one symbol for each. */
  static String encode(String text) {
    StringBuilder symbols = new StringBuilder();
    for (byte each : text.getBytes(StandardCharsets.UTF_8)) {
      symbols.append(SYMBOLS[each & 0xff]);
    }
    return symbols.toString();
  }

  /** The text whose bytes these symbols are; bytes that are no UTF-8 become U+FFFD. */
  static String decode(String symbols) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (char symbol : symbols.toCharArray()) {
      bytes.write(value(symbol));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static int value(char symbol) {
    for (int value = 0; value < BYTES; value++) {
      if (SYMBOLS[value] == symbol) {
        return value;
      }
    }
    throw new IllegalArgumentException("'" + symbol + "' stands for no byte");
  }

  private static char[] symbols() {
    char[] symbols = new char[BYTES];
    char other = BYTES;
    for (int value = 0; value < BYTES; value++) {
      boolean printable =
          value >= '!' && value <= '~' || value >= 0xa1 && value <= 0xac || value >= 0xae;
      symbols[value] = printable ? (char) value : other++;
    }
    return symbols;
  }
}
