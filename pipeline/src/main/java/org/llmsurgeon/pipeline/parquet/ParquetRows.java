package org.llmsurgeon.pipeline.parquet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.schema.GroupType;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType;
import org.apache.parquet.schema.Type;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.StrictText;
import org.llmsurgeon.checkpoint.text.LabelledRows;
import org.llmsurgeon.checkpoint.text.TextPart;

/**
 * The rows of a Parquet file as objects: strings, numbers, truth values and lists of these. Columns
 * of other kinds are not read.
 */
public final class ParquetRows implements LabelledRows {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final ParquetGroups rows;

  /**
   * Opens a file.
   *
   * @param source the file; closed with this
   * @param part all of it
   */
  public ParquetRows(ByteSource source, TextPart part) {
    rows = new ParquetGroups(source, part, ParquetRows::readable);
  }

  private static MessageType readable(MessageType schema) {
    List<Type> fields =
        schema.getFields().stream().filter(each -> isValue(each) || isList(each)).toList();
    return new MessageType(schema.getName(), fields);
  }

  private static boolean isValue(Type type) {
    return type.isPrimitive()
        && !type.isRepetition(Type.Repetition.REPEATED)
        && isPlain(type.getLogicalTypeAnnotation())
        && switch (type.asPrimitiveType().getPrimitiveTypeName()) {
          case INT32, INT64, FLOAT, DOUBLE, BOOLEAN, BINARY -> true;
          case FIXED_LEN_BYTE_ARRAY ->
              type.getLogicalTypeAnnotation()
                  instanceof LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
          default -> false;
        };
  }

  /** Whether what is stored is the value itself: not the days of a date, or a decimal's digits. */
  private static boolean isPlain(LogicalTypeAnnotation kind) {
    return kind == null
        || kind instanceof LogicalTypeAnnotation.IntLogicalTypeAnnotation
        || kind instanceof LogicalTypeAnnotation.StringLogicalTypeAnnotation
        || kind instanceof LogicalTypeAnnotation.EnumLogicalTypeAnnotation
        || kind instanceof LogicalTypeAnnotation.JsonLogicalTypeAnnotation
        || kind instanceof LogicalTypeAnnotation.DecimalLogicalTypeAnnotation;
  }

  /** A group with one repeated group of one value, as Parquet's format describes lists. */
  private static boolean isList(Type type) {
    if (type.isPrimitive()
        || !(type.getLogicalTypeAnnotation()
            instanceof LogicalTypeAnnotation.ListLogicalTypeAnnotation)) {
      return false;
    }
    GroupType list = type.asGroupType();
    return list.getFieldCount() == 1
        && !list.getType(0).isPrimitive()
        && list.getType(0).asGroupType().getFieldCount() == 1
        && isValue(list.getType(0).asGroupType().getType(0));
  }

  @Override
  public JsonNode next() {
    Group values = rows.next();
    return values == null ? null : rows.guarded(() -> object(values));
  }

  private JsonNode object(Group values) {
    ObjectNode object = JSON.objectNode();
    for (Type type : rows.columns().getFields()) {
      String name = type.getName();
      if (values.getFieldRepetitionCount(name) == 0) {
        object.putNull(name);
      } else if (type.isPrimitive()) {
        object.set(name, value(values, type.asPrimitiveType()));
      } else {
        object.set(name, list(values.getGroup(name, 0)));
      }
    }
    return object;
  }

  private ArrayNode list(Group values) {
    ArrayNode list = JSON.arrayNode();
    GroupType element = values.getType().getType(0).asGroupType();
    for (int i = 0; i < values.getFieldRepetitionCount(0); i++) {
      Group each = values.getGroup(0, i);
      PrimitiveType type = element.getType(0).asPrimitiveType();
      list.add(each.getFieldRepetitionCount(0) == 0 ? JSON.nullNode() : value(each, type));
    }
    return list;
  }

  private JsonNode value(Group values, PrimitiveType type) {
    String name = type.getName();
    if (type.getLogicalTypeAnnotation()
        instanceof LogicalTypeAnnotation.DecimalLogicalTypeAnnotation decimal) {
      return JSON.numberNode(new BigDecimal(digits(values, type), decimal.getScale()));
    }
    return switch (type.getPrimitiveTypeName()) {
      case INT32 -> JSON.numberNode(values.getInteger(name, 0));
      case INT64 -> JSON.numberNode(values.getLong(name, 0));
      case FLOAT -> JSON.numberNode(values.getFloat(name, 0));
      case DOUBLE -> JSON.numberNode(values.getDouble(name, 0));
      case BOOLEAN -> JSON.booleanNode(values.getBoolean(name, 0));
      default ->
          JSON.textNode(StrictText.decode(ParquetTextReader.bytes(values, name, 0), this::where));
    };
  }

  private static BigInteger digits(Group values, PrimitiveType type) {
    return switch (type.getPrimitiveTypeName()) {
      case INT32 -> BigInteger.valueOf(values.getInteger(type.getName(), 0));
      case INT64 -> BigInteger.valueOf(values.getLong(type.getName(), 0));
      default -> new BigInteger(values.getBinary(type.getName(), 0).getBytes());
    };
  }

  @Override
  public String where() {
    return rows.where();
  }

  @Override
  public void close() {
    rows.close();
  }
}
