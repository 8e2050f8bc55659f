package org.llmsurgeon.pipeline.text;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.image.ImageFile;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.checkpoint.token.TokenWindows;
import org.llmsurgeon.pipeline.example.ImageList;
import org.llmsurgeon.pipeline.files.HadoopStorage;

/** The files that a user means: files, folders with all that is in them, and patterns. */
public final class TextFiles {
  private static final Pattern WILDCARD = Pattern.compile("[*?\\[{]");
  private static final Pattern HIDDEN = Pattern.compile("[._].*");

  /** What lies in folders of data sets and is not data, as the library datasets writes it. */
  private static final Pattern BESIDE_DATA =
      Pattern.compile(
          "(dataset_infos?|dataset_dict|state|README|LICENSE|NOTICE)(\\.(json|txt|md))?"
              + "|cache-.*\\.arrow",
          Pattern.CASE_INSENSITIVE);

  private static final String SPLITS = "dataset_dict.json";

  private static final Pattern SPLIT =
      Pattern.compile("train(ing)?|test(ing)?|val(id|idation)?|dev|eval");

  private TextFiles() {}

  /**
   * All files, in the order in which they are named; those of a folder or a pattern by name. In
   * folders only files count whose ending is one of texts or of token windows, nothing whose name
   * begins with a dot or an underscore, and nothing that describes a data set. Of a folder without
   * texts images count, with what tells their labels.
   *
   * @param storage where they are
   * @param paths files, folders and patterns with {@code *}, {@code ?}, {@code [ab]} or {@code
   *     {a,b}}
   * @return absolute paths; a path that does not exist is among them
   * @throws InputException if a folder or a pattern gives no file, if links lead round in a circle,
   *     or if a folder holds several splits of a data set
   */
  public static List<String> of(HadoopStorage storage, List<String> paths) {
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
    List<String> all = new ArrayList<>();
    walk(storage, path, new ArrayDeque<>(), all);
    List<String> texts = all.stream().filter(each -> isData(name(each))).toList();
    boolean images = all.stream().anyMatch(each -> ImageFile.is(name(each)));
    if (images && texts.stream().allMatch(each -> ImageList.isMetadata(name(each)))) {
      refuseSplitsOfImages(storage, path);
      files.addAll(all);
    } else if (texts.isEmpty()) {
      throw new InputException(
          path
              + " holds no text ("
              + TextFormat.ALL
              + "), no token windows (.arrow, .safetensors) and no images; give another folder or a"
              + " file.");
    } else {
      files.addAll(texts);
    }
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Folders of labels are not called so, and training and test data are not to be mixed. */
  private static void refuseSplitsOfImages(HadoopStorage storage, String folder) {
    List<String> splits =
        storage.entries(folder).stream().filter(name -> SPLIT.matcher(name).matches()).toList();
    if (splits.size() > 1) {
      throw splits(folder, splits);
    }
  }

  private static void walk(
      HadoopStorage storage, String folder, Deque<String> above, List<String> into) {
    String place = storage.absolute(folder);
    if (above.contains(place)) {
      throw new InputException(
          folder + " is a link to a folder above it; remove it, or give the files themselves.");
    }
    above.push(place);
    List<String> files = storage.list(folder);
    refuseSplits(storage, folder, files);
    for (String name : storage.entries(folder)) {
      String path = Storage.child(folder, name);
      if (HIDDEN.matcher(name).matches()) {
        continue;
      }
      if (!files.contains(name)) {
        walk(storage, path, above, into);
      } else if (isData(name) || ImageFile.is(name) || ImageList.isMetadata(name)) {
        into.add(path);
      }
    }
    above.pop();
  }

  private static boolean isData(String name) {
    return !BESIDE_DATA.matcher(name).matches()
        && (TextFormat.isText(name) || TokenWindows.isSafetensors(name));
  }

  /** Training and test data of one data set must not be taken together unawares. */
  private static void refuseSplits(HadoopStorage storage, String folder, List<String> files) {
    if (files.contains(SPLITS)) {
      List<String> splits =
          storage.entries(folder).stream().filter(name -> !files.contains(name)).toList();
      if (splits.size() > 1) {
        throw splits(folder, splits);
      }
    }
  }

  private static InputException splits(String folder, List<String> splits) {
    return new InputException(
        folder
            + " holds the splits "
            + String.join(", ", splits)
            + " of a data set; give one of them, as "
            + Storage.child(folder, splits.get(0))
            + ".");
  }
}
