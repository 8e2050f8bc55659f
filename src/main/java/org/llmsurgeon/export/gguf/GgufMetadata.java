package org.llmsurgeon.export.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a GGUF file says before its tensors: typed values by their keys, in the order given. */
final class GgufMetadata {
  private static final int UINT32 = 4;
  private static final int INT32 = 5;
  private static final int FLOAT32 = 6;
  private static final int BOOL = 7;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final Map<String, byte[]> values = new LinkedHashMap<>();

  /** A whole number, at least 0. */
  void put(String key, int value) {
    add(key, UINT32, number(value));
  }

  void put(String key, double value) {
    add(key, FLOAT32, number(Float.floatToRawIntBits((float) value)));
  }

  void put(String key, boolean value) {
    add(key, BOOL, new byte[] {(byte) (value ? 1 : 0)});
  }

  void put(String key, String value) {
    add(key, STRING, string(value));
  }

  void put(String key, List<String> all) {
    add(key, ARRAY, array(STRING, all.stream().map(GgufMetadata::string).toList()));
  }

  void put(String key, int[] all) {
    List<byte[]> items = Arrays.stream(all).mapToObj(GgufMetadata::number).toList();
    add(key, ARRAY, array(INT32, items));
  }

  void put(String key, float[] all) {
    byte[][] items = new byte[all.length][];
    for (int i = 0; i < all.length; i++) {
      items[i] = number(Float.floatToRawIntBits(all[i]));
    }
    add(key, ARRAY, array(FLOAT32, List.of(items)));
  }

  int count() {
    return values.size();
  }

  /** All keys and values as the file has them. */
  byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    values.forEach(
        (key, value) -> {
          out.writeBytes(string(key));
          out.writeBytes(value);
        });
    return out.toByteArray();
  }

  private void add(String key, int type, byte[] value) {
    values.put(key, joined(List.of(number(type), value)));
  }

  private static byte[] array(int type, List<byte[]> items) {
    return joined(List.of(number(type), size(items.size()), joined(items)));
  }

  private static byte[] joined(List<byte[]> parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    parts.forEach(out::writeBytes);
    return out.toByteArray();
  }

  /** A text: its length in bytes, and UTF-8. */
  static byte[] string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return joined(List.of(size(bytes.length), bytes));
  }

  /** Four bytes. */
  static byte[] number(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  /** Eight bytes. */
  static byte[] size(long value) {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }
}
