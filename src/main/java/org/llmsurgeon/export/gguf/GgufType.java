package org.llmsurgeon.export.gguf;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.HalfPrecision;

/**
 * How a GGUF file holds the numbers of a tensor. Codes are those of {@code ggml_type}, file types
 * those of {@code llama_ftype}.
 */
public enum GgufType {
  /** IEEE 754 binary32. */
  F32(0, 0, 1, 4),
  /** IEEE 754 binary16. */
  F16(1, 1, 1, 2),
  /** The upper half of a binary32. */
  BF16(30, 32, 1, 2),
  /** Blocks of 32 whole numbers from -127 to 127 and their binary16 scale. */
  Q8_0(8, 7, 32, 34);

  private static final int LARGEST = 127;

  private final int code;
  private final int fileType;
  private final int blockElements;
  private final int blockBytes;

  GgufType(int code, int fileType, int blockElements, int blockBytes) {
    this.code = code;
    this.fileType = fileType;
    this.blockElements = blockElements;
    this.blockBytes = blockBytes;
  }

  int code() {
    return code;
  }

  int fileType() {
    return fileType;
  }

  /** Bytes of a row of a tensor. */
  int bytes(int columns) {
    return columns / blockElements * blockBytes;
  }

  /** This type, or F16 for rows that its blocks do not fill. */
  GgufType fitting(int columns) {
    return columns % blockElements == 0 ? this : F16;
  }

  /**
   * Writes a row, each value rounded to nearest.
   *
   * @param row finite values, whole blocks
   * @param out little endian, with room for {@link #bytes}
   * @return false where a value is beyond the range of the type
   */
  boolean encode(float[] row, ByteBuffer out) {
    boolean fits = true;
    switch (this) {
      case F32 -> {
        for (float value : row) {
          out.putFloat(value);
        }
      }
      case F16 -> {
        for (float value : row) {
          fits &= putFloat16(value, out);
        }
      }
      case BF16 -> {
        for (float value : row) {
          short bits = HalfPrecision.toBfloat16(value);
          fits &= Float.isFinite(HalfPrecision.fromBfloat16(bits));
          out.putShort(bits);
        }
      }
      case Q8_0 -> {
        for (int from = 0; from < row.length; from += blockElements) {
          fits &= putBlock(row, from, out);
        }
      }
    }
    return fits;
  }

  private static boolean putFloat16(float value, ByteBuffer out) {
    short bits = HalfPrecision.toFloat16(value);
    out.putShort(bits);
    return Float.isFinite(HalfPrecision.fromFloat16(bits));
  }

  /** The scale is the largest magnitude over 127; the numbers are rounded half away from zero. */
  private boolean putBlock(float[] row, int from, ByteBuffer out) {
    float largest = 0;
    for (int i = from; i < from + blockElements; i++) {
      largest = Math.max(largest, Math.abs(row[i]));
    }
    float scale = largest / LARGEST;
    float inverse = scale == 0 ? 0 : 1 / scale;
    boolean fits = putFloat16(scale, out) && Float.isFinite(inverse);
    for (int i = from; i < from + blockElements; i++) {
      float scaled = row[i] * inverse;
      out.put((byte) Math.copySign(Math.floor(Math.abs(scaled) + 0.5), scaled));
    }
    return fits;
  }

  /**
   * The type of this name.
   *
   * @param name for example {@code q8_0}, in either case
   * @throws InputException if there is none, listing the choices
   */
  public static GgufType parse(String name) {
    return Arrays.stream(values())
        .filter(each -> each.name().equals(name.toUpperCase(Locale.ROOT)))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "gguf-type is '%s'; choose one of %s"
                        .formatted(
                            name,
                            Arrays.stream(values())
                                .map(Enum::name)
                                .collect(Collectors.joining(", ")))));
  }
}
