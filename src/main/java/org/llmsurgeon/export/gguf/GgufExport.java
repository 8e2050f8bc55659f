package org.llmsurgeon.export.gguf;

import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.token.TextTokenizer;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.fields.Written;

/** Writes a Llama with its tokenizer as one GGUF file, in the sizes that its blocks have. */
public final class GgufExport {
  /** The program that reads such files, and in brackets what that takes. */
  public static final String LOADS_IN = "llama.cpp (as a GGUF file)";

  private static final int QUANTIZATION_VERSION = 2;

  private final Storage storage;
  private final ModelFolder folder;
  private final GgufFile file;
  private final String architecture;

  /**
   * An export. Reads everything but the weights, and refuses what cannot be written.
   *
   * @param storage where the model is
   * @param folder the model, in any form of folder
   * @param name of the model, for programs that show one
   * @param type of its matrices; vectors are in single precision, and where rows do not fill the
   *     blocks of a type they are in half precision
   * @throws org.llmsurgeon.InputException where GGUF cannot say the network or its tokenizer
   */
  public GgufExport(Storage storage, ModelFolder folder, String name, GgufType type) {
    this.storage = storage;
    this.folder = folder;
    ModelConfig config = Architectures.parse(folder.config(), folder.configPath());
    GgufNetwork network = new GgufNetwork(folder, config, type);
    GgufTokenizer tokenizer = new GgufTokenizer(folder, config.vocabulary());
    this.architecture = network.architecture();
    GgufMetadata metadata = new GgufMetadata();
    metadata.put("general.architecture", architecture);
    metadata.put("general.type", "model");
    metadata.put("general.name", name);
    metadata.put("general.file_type", type.fileType());
    metadata.put("general.quantization_version", QUANTIZATION_VERSION);
    network.describe(metadata);
    tokenizer.describe(metadata);
    try (TextTokenizer library = TextTokenizer.open(storage, folder.path())) {
      tokenizer.describeSpecial(folder, library.prefix(), library.suffix(), metadata);
    }
    this.file = new GgufFile(metadata, network.tensors());
  }

  /**
   * Whether models of an architecture can be written; a tokenizer or setting may still forbid it.
   *
   * @param architecture class name in the transformers library
   */
  public static boolean knows(String architecture) {
    return Architectures.written(architecture).has(Written.Trait.LLAMA_BLOCKS);
  }

  /** The architecture that llama.cpp reads the file for. */
  public String architecture() {
    return architecture;
  }

  /**
   * Writes the file.
   *
   * @param path a file that does not exist
   * @param device reads the weights
   * @throws org.llmsurgeon.InputException where a weight is beyond the range of the type
   */
  public void write(String path, Device device) {
    file.write(folder, storage, path, device);
  }
}
