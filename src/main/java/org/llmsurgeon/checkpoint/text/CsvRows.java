package org.llmsurgeon.checkpoint.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.StrictText;

/**
 * The rows of a small file of comma-separated values as objects of strings, by the names in its
 * first row (RFC 4180): in double quotes a value may hold commas, line ends and doubled quotes. All
 * of the file is in memory.
 */
public final class CsvRows implements LabelledRows {
  private final String path;
  private final String text;
  private final List<String> names;
  private int at;
  private int line = 1;
  private int row;

  /**
   * Opens a file.
   *
   * @param source the file; closed at once
   */
  public CsvRows(ByteSource source) {
    path = source.name();
    try (source) {
      byte[] bytes = FileTexts.bytes(source, 0, source.length()).readAllBytes();
      String all = StrictText.decode(bytes, path);
      text = all.startsWith("\ufeff") ? all.substring(1) : all;
    } catch (IOException failure) {
      throw FileTexts.unreadable(path, failure);
    }
    names = at < text.length() ? values() : List.of();
  }

  @Override
  public JsonNode next() {
    while (at < text.length()) {
      row = line;
      List<String> values = values();
      if (values.equals(List.of(""))) {
        continue;
      }
      if (values.size() != names.size()) {
        throw new InputException(
            "%s has %d values, and the first line names %d columns; give each row as many"
                .formatted(where(), values.size(), names.size()));
      }
      ObjectNode object = JsonNodeFactory.instance.objectNode();
      for (int i = 0; i < values.size(); i++) {
        object.put(names.get(i), values.get(i));
      }
      return object;
    }
    return null;
  }

  /** The values up to the end of a line. */
  private List<String> values() {
    List<String> values = new ArrayList<>();
    while (true) {
      values.add(at < text.length() && text.charAt(at) == '"' ? quoted() : plain());
      if (at == text.length() || text.charAt(at) != ',') {
        break;
      }
      at++;
    }
    if (at < text.length() && text.charAt(at) == '\r') {
      at++;
    }
    if (at < text.length() && text.charAt(at) != '\n') {
      throw new InputException(where() + " goes on after a quote; double quotes inside of quotes");
    }
    at++;
    line++;
    return values;
  }

  private String plain() {
    int from = at;
    while (at < text.length() && ",\r\n".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(from, at);
  }

  private String quoted() {
    StringBuilder value = new StringBuilder();
    for (at++; at < text.length(); at++) {
      char each = text.charAt(at);
      if (each == '"') {
        if (at + 1 == text.length() || text.charAt(at + 1) != '"') {
          at++;
          return value.toString();
        }
        at++;
      }
      line += each == '\n' ? 1 : 0;
      value.append(each);
    }
    throw new InputException(where() + " has a quote that is not closed; close it");
  }

  @Override
  public String where() {
    return path + ", line " + Math.max(1, row) + ",";
  }

  @Override
  public void close() {}
}
