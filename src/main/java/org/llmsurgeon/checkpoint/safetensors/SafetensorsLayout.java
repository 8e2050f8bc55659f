package org.llmsurgeon.checkpoint.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which tensors a safetensors file will hold, in which order: everything that its header says,
 * before any value is known. Either declared tensor by tensor, or taken from an existing file: then
 * the header is that file's, byte for byte.
 */
public final class SafetensorsLayout {
  private static final JsonFactory JSON = new JsonFactory();

  private final Map<String, TensorEntry> entries = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private byte[] header;
  private long end;

  /** An empty layout, to be filled by {@link #add}. */
  public SafetensorsLayout() {}

  /**
   * The layout of an existing file.
   *
   * @param file any open file
   */
  public static SafetensorsLayout of(Safetensors file) {
    SafetensorsLayout layout = new SafetensorsLayout();
    List<TensorEntry> sorted = new ArrayList<>(file.entries().values());
    sorted.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
    sorted.forEach(entry -> layout.entries.put(entry.name(), entry));
    layout.metadata.putAll(file.metadata());
    layout.header = file.headerJson();
    return layout;
  }

  /**
   * Declares the next tensor.
   *
   * @param name its name, not used before
   * @param dtype number format in the file
   * @param shape sizes of the dimensions
   * @return this
   */
  public SafetensorsLayout add(String name, DataType dtype, long... shape) {
    requireDeclared();
    if (entries.containsKey(name) || name.equals("__metadata__")) {
      throw new IllegalArgumentException("tensor " + name + " twice, or its name is reserved");
    }
    long elements = 1;
    for (long each : shape) {
      if (each < 0) {
        throw new IllegalArgumentException("tensor " + name + ": " + Arrays.toString(shape));
      }
      elements = Math.multiplyExact(elements, each);
    }
    long begin = end;
    end = Math.addExact(begin, dtype.bytes(elements));
    entries.put(name, new TensorEntry(name, dtype, shape, begin, end));
    return this;
  }

  /**
   * Adds a text pair to the header.
   *
   * @param key its key
   * @param value its value
   * @return this
   */
  public SafetensorsLayout metadata(String key, String value) {
    requireDeclared();
    metadata.put(key, value);
    return this;
  }

  /** Tensors by name, in the order of their bytes. */
  public Map<String, TensorEntry> entries() {
    return Collections.unmodifiableMap(entries);
  }

  /** Text pairs of the header. */
  public Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  /** The header's JSON; of a declared layout, padded with spaces so that data start at 8 n. */
  byte[] headerJson() {
    if (header != null) {
      return header.clone();
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectFieldStart("__metadata__");
        for (Map.Entry<String, String> each : metadata.entrySet()) {
          json.writeStringField(each.getKey(), each.getValue());
        }
        json.writeEndObject();
      }
      for (TensorEntry entry : entries.values()) {
        writeEntry(json, entry);
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new IllegalStateException("writing to memory", e);
    }
    while (out.size() % Long.BYTES != 0) {
      out.write(' ');
    }
    return out.toByteArray();
  }

  private static void writeEntry(JsonGenerator json, TensorEntry entry) throws IOException {
    long[] shape = entry.shape();
    json.writeObjectFieldStart(entry.name());
    json.writeStringField("dtype", entry.dtype().name());
    json.writeFieldName("shape");
    json.writeArray(shape, 0, shape.length);
    json.writeFieldName("data_offsets");
    json.writeArray(new long[] {entry.begin(), entry.end()}, 0, 2);
    json.writeEndObject();
  }

  private void requireDeclared() {
    if (header != null) {
      throw new IllegalStateException("the layout of an existing file cannot be changed");
    }
  }
}
