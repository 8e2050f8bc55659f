package org.llmsurgeon.checkpoint.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.llmsurgeon.checkpoint.folder.FolderFiles;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictJson;

/**
 * The special tokens that a tokenizer's files name.
 *
 * @param mask stands for a hidden token; empty where there is none
 * @param all all of them
 */
public record TokenizerSpecials(Optional<Integer> mask, Set<Integer> all) {
  private static final Set<String> MASKS = Set.of("[MASK]", "<mask>");

  /**
   * Reads those of a model folder.
   *
   * @param storage where it is
   * @param folder the folder; none are known where it has no {@code tokenizer.json}
   * @throws org.llmsurgeon.InputException naming a file that is malformed
   */
  public static TokenizerSpecials read(Storage storage, String folder) {
    String path = Storage.child(folder, FolderFiles.TOKENIZER);
    if (!storage.exists(path)) {
      return new TokenizerSpecials(Optional.empty(), Set.of());
    }
    String name = maskName(storage, Storage.child(folder, FolderFiles.TOKENIZER_CONFIG));
    Optional<Integer> mask = Optional.empty();
    Set<Integer> all = new HashSet<>();
    for (JsonNode token : StrictJson.readObject(storage, path).path("added_tokens")) {
      String content = token.path("content").asText();
      int id = token.path("id").asInt(-1);
      if (content.equals(name) || name.isEmpty() && MASKS.contains(content)) {
        mask = Optional.of(id);
      }
      if (token.path("special").asBoolean()) {
        all.add(id);
      }
    }
    mask.ifPresent(all::add);
    return new TokenizerSpecials(mask, Set.copyOf(all));
  }

  private static String maskName(Storage storage, String path) {
    if (!storage.exists(path)) {
      return "";
    }
    JsonNode token = StrictJson.readObject(storage, path).path("mask_token");
    return token.isObject() ? token.path("content").asText("") : token.asText("");
  }
}
