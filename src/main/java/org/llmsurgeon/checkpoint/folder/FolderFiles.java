package org.llmsurgeon.checkpoint.folder;

import java.util.List;
import java.util.Set;

/** What the files of a model folder are, by their names. */
public final class FolderFiles {
  /** What network it is. */
  public static final String CONFIG = "config.json";

  /** The tokenizer of Hugging Face. */
  public static final String TOKENIZER = "tokenizer.json";

  /** What surrounds the tokenizer. */
  public static final String TOKENIZER_CONFIG = "tokenizer_config.json";

  /** What is done to images before the network reads them. */
  public static final String PREPROCESSOR = "preprocessor_config.json";

  /** Ending of a file that says which weights are not zero. */
  public static final String MASK = ".mask";

  /** What an earlier surgery told describes another model than the one to be written. */
  private static final Set<String> REPORTS =
      Set.of(
          "pruning_report.json",
          "report.html",
          "report.csv",
          "report-layers.csv",
          "report-factors.csv",
          "report-stages.csv",
          "recipe.yaml");

  private static final Set<String> IDENTITY =
      Set.of(CONFIG, ShardIndex.NAME, TOKENIZER, TOKENIZER_CONFIG, PREPROCESSOR);

  /** Ending of the weights that can be read. */
  static final String SAFETENSORS = ".safetensors";

  private static final List<String> WEIGHT_ENDINGS =
      List.of(
          SAFETENSORS,
          ".bin",
          ".pt",
          ".pth",
          ".ckpt",
          ".h5",
          ".msgpack",
          ".ot",
          ".npz",
          ".onnx",
          ".onnx_data",
          ".gguf",
          ".ggml",
          ".tflite",
          ".index.json");

  private FolderFiles() {}

  /** Whether a file holds weights in some format, or says where they are. */
  static boolean isWeights(String name) {
    return WEIGHT_ENDINGS.stream().anyMatch(name::endsWith);
  }

  /** Whether a file, weights aside, decides what the model computes. */
  static boolean isIdentity(String name) {
    return IDENTITY.contains(name);
  }

  /**
   * Whether a file goes unchanged into a folder with other weights: all but weights (other formats
   * would still hold the old ones), their mask, hidden files and an earlier report.
   */
  public static boolean isCompanion(String name) {
    boolean ofOldWeights = isWeights(name) || name.endsWith(SAFETENSORS + MASK);
    return !ofOldWeights && !name.startsWith(".") && !REPORTS.contains(name);
  }
}
