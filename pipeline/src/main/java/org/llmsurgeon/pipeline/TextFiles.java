package org.llmsurgeon.pipeline;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.Storage;
import org.llmsurgeon.checkpoint.TextFormat;
import org.llmsurgeon.checkpoint.TokenWindows;

/** The files that a user means: files, folders with all that is in them, and patterns. */
final class TextFiles {
  private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");
  private static final Pattern HIDDEN = Pattern.compile("[._].*");

  private TextFiles() {}

  /**
   * All files, in the order in which they are named; those of a folder or a pattern by name. In
   * folders only files count whose ending is one of texts or of token windows, and nothing whose
   * name begins with a dot or an underscore.
   *
   * @param storage where they are
   * @param paths files, folders and patterns with {@code *}, {@code ?}, {@code [ab]} or {@code
   *     {a,b}}
   * @return absolute paths; a path that does not exist is among them
   * @throws InputException if a folder or a pattern gives no file
   */
  static List<String> of(HadoopStorage storage, List<String> paths) {
    List<String> files = new ArrayList<>();
    for (String path : paths) {
      if (!WILDCARD.matcher(path).find() || storage.exists(path)) {
        add(storage, storage.absolute(path), files);
        continue;
      }
      List<String> matches = storage.matching(path);
      if (matches.isEmpty()) {
        throw new InputException(path + " matches no file; check the pattern.");
      }
      matches.forEach(match -> add(storage, match, files));
    }
    return files;
  }

  private static void add(HadoopStorage storage, String path, List<String> files) {
    if (!storage.isFolder(path)) {
      files.add(path);
      return;
    }
    int before = files.size();
    walk(storage, path, files);
    if (files.size() == before) {
      throw new InputException(
          path
              + " holds no text (.txt, .jsonl, .json, each also with .gz, .parquet) and no token"
              + " windows (.arrow, .safetensors); give another folder or a file.");
    }
  }

  private static void walk(HadoopStorage storage, String folder, List<String> into) {
    List<String> files = storage.list(folder);
    for (String name : storage.entries(folder)) {
      String path = Storage.child(folder, name);
      if (HIDDEN.matcher(name).matches()) {
        continue;
      }
      if (!files.contains(name)) {
        walk(storage, path, into);
      } else if (TextFormat.isText(name) || TokenWindows.isWindowFile(name)) {
        into.add(path);
      }
    }
  }
}
