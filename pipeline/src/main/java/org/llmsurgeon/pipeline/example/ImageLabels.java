package org.llmsurgeon.pipeline.example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import org.llmsurgeon.checkpoint.folder.FolderFiles;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictJson;
import org.llmsurgeon.checkpoint.text.LabelledText;
import org.llmsurgeon.surgery.calibrate.LabelNames;

/**
 * The numbers of images' labels.
 *
 * @param names of the model's labels
 */
record ImageLabels(LabelNames names) {
  /** A number that is no name has few digits. */
  private static final String NUMBER = "\\d{1,9}";

  /**
   * Those of a model folder.
   *
   * @param storage where it is
   * @param folder the folder
   * @param count how many labels the network tells apart
   */
  static ImageLabels of(Storage storage, String folder, int count) {
    JsonNode config = StrictJson.readObject(storage, Storage.child(folder, FolderFiles.CONFIG));
    return new ImageLabels(LabelNames.of(config, count));
  }

  /** The number of a label that stands in a row. */
  int number(LabelledText row) {
    JsonNode label = row.labels().get(0);
    return label.isTextual() ? number(label.textValue(), row) : names.number(label, row);
  }

  /**
   * The number of a label that is the name of a folder.
   *
   * @param image in the folder
   */
  int ofFolder(String image) {
    String[] parts = image.split("/");
    String folder = parts.length < 2 ? "" : parts[parts.length - 2];
    return number(folder, new LabelledText(image, List.of(), "folder", List.of()));
  }

  /** A name, or else a number that was written as a text. */
  private int number(String label, LabelledText row) {
    boolean number = label.matches(NUMBER) && !names.byName().containsKey(label);
    return names.number(
        number ? IntNode.valueOf(Integer.parseInt(label)) : TextNode.valueOf(label), row);
  }
}
