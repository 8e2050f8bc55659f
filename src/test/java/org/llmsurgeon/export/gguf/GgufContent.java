package org.llmsurgeon.export.gguf;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A GGUF file as it is read again, by its description and not by the writer.
 *
 * @param values metadata by key: {@link Long}, {@link Double}, {@link Boolean}, {@link String} or a
 *     list of these
 * @param tensors by name
 */
record GgufContent(Map<String, Object> values, Map<String, Read> tensors) {
  /**
   * A tensor.
   *
   * @param shape elements of a row last
   * @param type its number in the file
   * @param numbers row by row
   */
  record Read(List<Long> shape, int type, double[] numbers) {}

  private record Place(List<Long> shape, int type, long offset) {}

  static GgufContent read(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    if (in.getInt() != 0x46554747 || in.getInt() != 3) {
      throw new IOException(file + " is no GGUF of version 3");
    }
    long tensors = in.getLong();
    long count = in.getLong();
    Map<String, Object> values = new LinkedHashMap<>();
    for (long i = 0; i < count; i++) {
      String key = text(in);
      if (values.put(key, value(in, in.getInt())) != null) {
        throw new IOException(key + " twice");
      }
    }
    Map<String, Place> places = new LinkedHashMap<>();
    for (long i = 0; i < tensors; i++) {
      String name = text(in);
      List<Long> shape = new ArrayList<>();
      for (int dimensions = in.getInt(); dimensions > 0; dimensions--) {
        shape.add(0, in.getLong());
      }
      places.put(name, new Place(shape, in.getInt(), in.getLong()));
    }
    int start = (in.position() + 31) / 32 * 32;
    Map<String, Read> read = new LinkedHashMap<>();
    places.forEach((name, place) -> read.put(name, numbers(in, start, place)));
    return new GgufContent(values, read);
  }

  private static String text(ByteBuffer in) {
    byte[] bytes = new byte[Math.toIntExact(in.getLong())];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static Object value(ByteBuffer in, int type) {
    return switch (type) {
      case 4 -> Integer.toUnsignedLong(in.getInt());
      case 5 -> (long) in.getInt();
      case 6 -> (double) in.getFloat();
      case 7 -> in.get() != 0;
      case 8 -> text(in);
      case 9 -> {
        int of = in.getInt();
        List<Object> all = new ArrayList<>();
        for (long left = in.getLong(); left > 0; left--) {
          all.add(value(in, of));
        }
        yield all;
      }
      default -> throw new IllegalArgumentException("type " + type);
    };
  }

  private static Read numbers(ByteBuffer file, int start, Place place) {
    if (place.offset() % 32 != 0) {
      throw new IllegalArgumentException("at " + place.offset());
    }
    ByteBuffer in = file.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    in.position(start + Math.toIntExact(place.offset()));
    long elements = place.shape().stream().reduce(1L, Math::multiplyExact);
    double[] numbers = new double[Math.toIntExact(elements)];
    for (int i = 0; i < numbers.length; i++) {
      switch (place.type()) {
        case 0 -> numbers[i] = in.getFloat();
        case 1 -> numbers[i] = half(in.getShort());
        case 30 -> numbers[i] = Float.intBitsToFloat(in.getShort() << 16);
        case 8 -> {
          double scale = half(in.getShort());
          for (int last = i + 31; i < last; i++) {
            numbers[i] = scale * in.get();
          }
          numbers[i] = scale * in.get();
        }
        default -> throw new IllegalArgumentException("type " + place.type());
      }
    }
    return new Read(place.shape(), place.type(), numbers);
  }

  private static double half(short bits) {
    int exponent = bits >> 10 & 31;
    double fraction = (bits & 1023) / 1024.0;
    double magnitude =
        exponent == 0 ? Math.scalb(fraction, -14) : Math.scalb(1 + fraction, exponent - 15);
    return bits < 0 ? -magnitude : magnitude;
  }
}
