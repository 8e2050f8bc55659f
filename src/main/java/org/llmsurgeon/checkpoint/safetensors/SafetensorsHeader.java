package org.llmsurgeon.checkpoint.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.StrictJson;
import org.llmsurgeon.checkpoint.storage.StrictText;

/**
 * The header of a safetensors file, read and checked: 8 bytes of length, then a JSON object {@code
 * {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}}, whose tensors fill
 * the rest of the file without gap or overlap.
 */
final class SafetensorsHeader {
  private static final String METADATA = "__metadata__";
  private static final long MAX_BYTES = 100_000_000;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  private final String file;
  private final Map<String, TensorEntry> entries = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private byte[] json;

  private SafetensorsHeader(String file) {
    this.file = file;
  }

  /**
   * Reads the header of a file.
   *
   * @param source the file
   * @throws InputException naming the file, and the tensor where there is one, for anything wrong
   */
  static SafetensorsHeader read(ByteSource source) throws IOException {
    SafetensorsHeader header = new SafetensorsHeader(source.name());
    byte[] start = header.bytes(source, 0, (int) Math.min(source.length(), 64));
    StrictText.refuseLfsPointer(start, source.name());
    long length = header.headerLength(source, start);
    header.json = header.bytes(source, Long.BYTES, (int) length);
    header.parse();
    header.checkLayout(source.length() - Long.BYTES - length);
    return header;
  }

  /** Tensors by name, in the order of the header. */
  Map<String, TensorEntry> entries() {
    return entries;
  }

  /** Free text pairs of the header. */
  Map<String, String> metadata() {
    return metadata;
  }

  /** The header's JSON as it is in the file, padding included. */
  byte[] json() {
    return json;
  }

  private byte[] bytes(ByteSource source, long position, int count) throws IOException {
    byte[] bytes = new byte[count];
    source.read(position, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private long headerLength(ByteSource source, byte[] start) {
    if (start.length < Long.BYTES) {
      throw refuse("it has only " + start.length + " bytes");
    }
    long length = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 2 || length > MAX_BYTES) {
      throw refuse(
          "its header is said to have " + Long.toUnsignedString(length) + " bytes (2 to 100 MB)");
    }
    if (length > source.length() - Long.BYTES) {
      throw refuse(
          "its header of " + length + " bytes is longer than the file of " + source.length());
    }
    return length;
  }

  private void parse() {
    if (json[0] != '{') {
      throw refuse("its header is not a JSON object");
    }
    String text = StrictText.decode(json, "the header of " + file);
    try (JsonParser parser = JSON.createParser(text)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        requireObject(parser, name);
        if (name.equals(METADATA)) {
          parseMetadata(parser);
        } else {
          entries.put(name, parseEntry(parser, name));
        }
      }
      if (parser.nextToken() != null) {
        throw refuse("its header goes on after the JSON object");
      }
    } catch (JsonProcessingException e) {
      throw refuse("its header is not valid JSON: " + StrictJson.problem(e));
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory", e);
    }
  }

  private void requireObject(JsonParser parser, String name) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw refuse("\"" + name + "\" in its header is not an object");
    }
  }

  private void parseMetadata(JsonParser parser) throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      if (parser.nextToken() != JsonToken.VALUE_STRING) {
        throw refuse("\"" + key + "\" in its __metadata__ is not a string");
      }
      metadata.put(key, parser.getText());
    }
  }

  private TensorEntry parseEntry(JsonParser parser, String name) throws IOException {
    DataType dtype = null;
    long[] shape = null;
    long[] offsets = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      parser.nextToken();
      switch (key) {
        case "dtype" -> dtype = dtype(parser, name);
        case "shape" -> shape = numbers(parser, name, key);
        case "data_offsets" -> offsets = numbers(parser, name, key);
        default -> parser.skipChildren();
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw refuse("tensor " + name + " lacks its dtype, shape or data_offsets");
    }
    if (offsets.length != 2 || offsets[0] > offsets[1]) {
      throw refuse(
          "tensor " + name + " has the data_offsets " + Arrays.toString(offsets) + ", no range");
    }
    TensorEntry entry = new TensorEntry(name, dtype, shape, offsets[0], offsets[1]);
    checkSize(entry);
    return entry;
  }

  private DataType dtype(JsonParser parser, String name) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      throw refuse("tensor " + name + " has a dtype that is not a string");
    }
    String text = parser.getText();
    return DataType.named(text)
        .orElseThrow(() -> refuse("tensor " + name + " has the unknown dtype \"" + text + "\""));
  }

  private long[] numbers(JsonParser parser, String name, String key) throws IOException {
    if (parser.currentToken() != JsonToken.START_ARRAY) {
      throw refuse("tensor " + name + " has a " + key + " that is not a list");
    }
    List<Long> numbers = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (!isSize(parser)) {
        throw refuse("tensor " + name + " has a " + key + " with something else than a size in it");
      }
      numbers.add(parser.getLongValue());
    }
    return numbers.stream().mapToLong(Long::longValue).toArray();
  }

  private static boolean isSize(JsonParser parser) throws IOException {
    return parser.currentToken() == JsonToken.VALUE_NUMBER_INT
        && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
        && parser.getLongValue() >= 0;
  }

  private void checkSize(TensorEntry entry) {
    long bytes;
    try {
      long elements = 1;
      long positive = 1;
      for (long each : entry.shape()) {
        elements = Math.multiplyExact(elements, each);
        positive = Math.multiplyExact(positive, Math.max(each, 1));
      }
      bytes = entry.dtype().bytes(elements);
    } catch (ArithmeticException e) {
      throw refuse("tensor " + entry.name() + " has an impossible shape " + shapeOf(entry));
    }
    if (bytes != entry.bytes()) {
      throw refuse(
          "tensor %s of %s %s needs %d bytes and has %d"
              .formatted(entry.name(), entry.dtype(), shapeOf(entry), bytes, entry.bytes()));
    }
  }

  /** Tensors must fill the data exactly: no byte of the file is unaccounted for. */
  private void checkLayout(long dataBytes) {
    List<TensorEntry> sorted = new ArrayList<>(entries.values());
    sorted.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
    long at = 0;
    for (TensorEntry entry : sorted) {
      if (entry.begin() != at) {
        String what =
            entry.begin() < at ? "overlaps the tensor before it" : "leaves a gap before it";
        throw refuse("tensor " + entry.name() + " " + what);
      }
      if (entry.end() > dataBytes) {
        throw refuse(
            "it is cut off: tensor %s ends at byte %d of the data, which have %d"
                .formatted(entry.name(), entry.end(), dataBytes));
      }
      at = entry.end();
    }
    if (at != dataBytes) {
      throw refuse((dataBytes - at) + " bytes follow its last tensor");
    }
  }

  private static String shapeOf(TensorEntry entry) {
    return Arrays.toString(entry.shape());
  }

  private InputException refuse(String what) {
    return new InputException(
        file + " is not a valid safetensors file: " + what + "; copy or download it again");
  }
}
