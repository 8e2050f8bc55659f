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
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictText;
import org.llmsurgeon.checkpoint.text.LabelledRows;
import org.llmsurgeon.checkpoint.text.TextPart;

/**
 * The rows of a Parquet file as objects: strings, numbers, truth values and lists of these. Columns
 * of other kinds are not read.
 */
public final class ParquetRows implements LabelledRows {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Field with the bytes of an image, where its column has several. */
  private static final String BYTES = "bytes";

  private final ParquetGroups rows;
  private final List<String> images;

  /**
   * Opens a file.
   *
   * @param source the file; closed with this
   * @param part all of it
   */
  public ParquetRows(ByteSource source, TextPart part) {
    this(source, part, List.of());
  }

  /**
   * Opens a file with images, as the library datasets writes them: bytes of an image file, or a
   * group with a field {@code bytes}.
   *
   * @param source the file; closed with this
   * @param part all of it
   * @param images names of columns that may hold them; such a column gives bytes
   */
  public ParquetRows(ByteSource source, TextPart part, List<String> images) {
    this.images = List.copyOf(images);
    rows = new ParquetGroups(source, part, this::readable);
  }

  /**
   * How many rows a file has.
   *
   * @param storage where it is
   * @param path the file
   * @throws InputException naming the file where it is no Parquet, or has more than 2^31
   */
  public static int count(Storage storage, String path) {
    TextPart all = TextPart.whole(storage, path);
    try (ParquetGroups rows = new ParquetGroups(storage.open(path), all, schema -> schema)) {
      if (rows.rowCount() > Integer.MAX_VALUE) {
        throw new InputException(path + " has more than 2^31 rows; split it.");
      }
      return (int) rows.rowCount();
    }
  }

  /**
   * Goes on to a row.
   *
   * @param row its index, not before those that were read; {@link #next} gives it then
   */
  public void skipTo(long row) {
    rows.skipTo(row);
  }

  private MessageType readable(MessageType schema) {
    List<Type> fields =
        schema.getFields().stream()
            .filter(each -> isImage(each) || isValue(each) || isList(each))
            .toList();
    return new MessageType(schema.getName(), fields);
  }

  private boolean isImage(Type type) {
    if (!images.contains(type.getName()) || type.isRepetition(Type.Repetition.REPEATED)) {
      return false;
    }
    if (type.isPrimitive()) {
      return type.asPrimitiveType().getPrimitiveTypeName()
          == PrimitiveType.PrimitiveTypeName.BINARY;
    }
    return type.asGroupType().containsField(BYTES) && isImageBytes(type.asGroupType());
  }

  private static boolean isImageBytes(GroupType group) {
    Type bytes = group.getType(BYTES);
    return bytes.isPrimitive()
        && !bytes.isRepetition(Type.Repetition.REPEATED)
        && bytes.asPrimitiveType().getPrimitiveTypeName() == PrimitiveType.PrimitiveTypeName.BINARY;
  }

  /** Bytes of an image; null where there are none. */
  private JsonNode image(Group values, Type type) {
    Group holder = type.isPrimitive() ? values : values.getGroup(type.getName(), 0);
    String field = type.isPrimitive() ? type.getName() : BYTES;
    return holder.getFieldRepetitionCount(field) == 0
        ? JSON.nullNode()
        : JSON.binaryNode(ParquetTextReader.bytes(holder, field, 0));
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
      } else if (isImage(type)) {
        object.set(name, image(values, type));
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
