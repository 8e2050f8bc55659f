package org.llmsurgeon.checkpoint.folder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.DataType;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.safetensors.TensorEntry;
import org.llmsurgeon.checkpoint.storage.Sha256;
import org.llmsurgeon.checkpoint.storage.Storage;
import org.llmsurgeon.checkpoint.storage.StrictJson;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;

/**
 * A Hugging Face model folder, open for reading: {@code config.json}, the weights as {@code
 * model.safetensors} or as shards with an index, tokenizer and other files. Several threads may
 * read at once.
 */
public final class ModelFolder implements Closeable {
  private final Storage storage;
  private final String path;
  private final JsonNode config;
  private final IndexedTensors indexed;
  private final WeightFiles weights;

  private ModelFolder(Storage storage, String path, JsonNode config) {
    this.storage = storage;
    this.path = path;
    this.config = config;
    this.weights = new WeightFiles(storage, path);
    this.indexed = new IndexedTensors(config, configPath());
  }

  /**
   * Opens a folder and checks the headers of its weights.
   *
   * @param storage where it is
   * @param path the folder
   * @throws InputException naming the file, and the tensor where there is one, if something is
   *     missing, malformed, contradictory or in a format that cannot be read
   */
  public static ModelFolder open(Storage storage, String path) {
    List<String> files = storage.list(path);
    if (!files.contains(FolderFiles.CONFIG)) {
      throw new InputException(path + " has no config.json; give a Hugging Face model folder");
    }
    JsonNode config = StrictJson.readObject(storage, Storage.child(path, FolderFiles.CONFIG));
    ModelFolder folder = new ModelFolder(storage, path, config);
    try {
      folder.weights.open(files);
      return folder;
    } catch (RuntimeException e) {
      folder.closeAfter(e);
      throw e;
    }
  }

  /** Path or URI of the folder. */
  public String path() {
    return path;
  }

  /** The content of {@code config.json}; not to be changed. */
  public JsonNode config() {
    return config;
  }

  /** Path or URI of {@code config.json}, for messages. */
  public String configPath() {
    return Storage.child(path, FolderFiles.CONFIG);
  }

  /** The dtype that most bytes of the weights have. */
  public DataType dtype() {
    Map<DataType, Long> bytes = new EnumMap<>(DataType.class);
    for (Safetensors shard : weights.shards().values()) {
      for (TensorEntry entry : shard.entries().values()) {
        bytes.merge(entry.dtype(), entry.bytes(), Long::sum);
      }
    }
    return Collections.max(bytes.entrySet(), Map.Entry.comparingByValue()).getKey();
  }

  /** Names of all tensors, file by file, each in the order of its header. */
  public List<String> names() {
    return List.copyOf(weights.names());
  }

  /**
   * Whether there is a tensor of that name.
   *
   * @param name as in the checkpoint
   */
  public boolean contains(String name) {
    return weights.contains(name);
  }

  /**
   * Dtype, shape and place of a tensor.
   *
   * @param name as in the checkpoint
   * @throws InputException naming folder and tensor if there is none
   */
  public TensorEntry entry(String name) {
    return weights.of(name).entry(name);
  }

  /**
   * Shape of a tensor as the checkpoint has it; with all its rows and columns where only some are
   * stored, see {@link IndexedTensors}.
   *
   * @param name as in the checkpoint
   * @throws InputException naming folder and tensor if there is none
   */
  public int[] shape(String name) {
    long[] shape = entry(name).shape();
    int[] sizes = new int[shape.length];
    for (int i = 0; i < shape.length; i++) {
      if (shape[i] > Integer.MAX_VALUE) {
        throw new InputException(path + ": tensor " + name + " is too large; split it");
      }
      sizes[i] = (int) shape[i];
    }
    return indexed.shape(name, sizes);
  }

  /**
   * Loads a tensor in single precision, exactly, and checks that it is finite. Where the file can
   * be mapped, an F32 tensor shares its memory: it must not be written, and the file not be changed
   * while the tensor is in use. One dimension gives {@code [1, n]}. Rows and columns that are not
   * stored, see {@link IndexedTensors}, are zeros.
   *
   * @param name as in the checkpoint
   * @param device where to
   * @return owned by the caller; it outlives this folder
   * @throws InputException naming file and tensor if there is none, if its dtype is none of F32,
   *     F16 and BF16, or if a value is NaN or infinite
   */
  public Tensor load(String name, Device device) {
    Safetensors holder = weights.of(name);
    Tensor tensor = finite(holder.load(name, device), holder, name, 0, device);
    return indexed.contains(name)
        ? indexed.restore(name, tensor, each -> weights.of(each).vector(each), device)
        : tensor;
  }

  /**
   * As {@link #load(String, Device)}, for some consecutive elements of a tensor, as a matrix.
   *
   * @param name as in the checkpoint
   * @param first index of the first element
   * @param rows of the matrix
   * @param columns of the matrix
   * @param device where to
   */
  public Tensor load(String name, long first, int rows, int columns, Device device) {
    if (indexed.contains(name)) {
      try (Tensor whole = load(name, device)) {
        double[] values = new double[Math.multiplyExact(rows, columns)];
        device.download(whole, first, values, 0, values.length);
        return device.tensor(whole.precision(), rows, columns, values);
      }
    }
    Safetensors holder = weights.of(name);
    Tensor part = holder.load(name, first, rows, columns, device);
    return finite(part, holder, name, first, device);
  }

  private static Tensor finite(
      Tensor tensor, Safetensors holder, String name, long first, Device device) {
    long index = device.firstNonFinite(tensor);
    if (index < 0) {
      return tensor;
    }
    long at = first + index;
    int columns = tensor.columns();
    tensor.close();
    throw new InputException(
        "%s: tensor %s is NaN or infinite at [%d, %d]; this checkpoint is broken, use another"
            .formatted(holder.name(), name, at / columns, at % columns));
  }

  /** Matrices of which only some lines are stored. */
  IndexedTensors indexed() {
    return indexed;
  }

  /**
   * The files that decide what the model computes: config, weights, index, tokenizer.
   *
   * @return file name to path, sorted by name
   */
  public SortedMap<String, String> identity() {
    SortedMap<String, String> files = new TreeMap<>();
    for (String name : storage.list(path)) {
      if (weights.shards().containsKey(name) || FolderFiles.isIdentity(name)) {
        files.put(name, Storage.child(path, name));
      }
    }
    return files;
  }

  /**
   * One SHA-256 for a whole model: the same for the same model, wherever it lies.
   *
   * @param checksums SHA-256 of each file of {@link #identity()}, in hexadecimal, by name
   */
  public static String fingerprint(SortedMap<String, String> checksums) {
    StringBuilder lines = new StringBuilder();
    checksums.forEach((name, sum) -> lines.append(sum).append("  ").append(name).append('\n'));
    return Sha256.of(lines.toString());
  }

  /** The open weight files by name, in the order of the index. */
  Map<String, Safetensors> shards() {
    return Collections.unmodifiableMap(weights.shards());
  }

  /** The configuration of this model with all lines of its matrices stored. */
  byte[] expandedConfig() {
    ObjectNode expanded = config.deepCopy();
    expanded.remove(IndexedTensors.FIELD);
    expanded.remove("auto_map");
    return expanded.toPrettyString().getBytes(StandardCharsets.UTF_8);
  }

  /** Names of all files in the folder, sorted. */
  public List<String> files() {
    return storage.list(path);
  }

  /**
   * A text file of the folder.
   *
   * @param name its name
   */
  public String text(String name) {
    return new String(storage.readBytes(Storage.child(path, name)), StandardCharsets.UTF_8);
  }

  /**
   * Tensors that say where rows and columns of others belong, see {@link IndexedTensors}.
   *
   * @return name to shape
   */
  public Map<String, long[]> indices() {
    Map<String, long[]> indices = new LinkedHashMap<>();
    for (String name : weights.names()) {
      if (indexed.isIndex(name)) {
        indices.put(name, entry(name).shape());
      }
    }
    return indices;
  }

  /** Whether there is an index, or a single file of another name than the usual. */
  boolean isSharded() {
    return weights.isSharded();
  }

  Storage storage() {
    return storage;
  }

  @Override
  public void close() throws IOException {
    weights.close();
  }

  private void closeAfter(RuntimeException failure) {
    try {
      close();
    } catch (IOException e) {
      failure.addSuppressed(new UncheckedIOException(e));
    }
  }
}
