package org.llmsurgeon.checkpoint.folder;

import java.io.Closeable;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.Storage;

/** The files of a folder that hold its weights: one, or shards with an index. */
final class WeightFiles implements Closeable {
  private static final String SINGLE = "model.safetensors";

  /** Makes an index of all shards of a folder. */
  private static final String INDEX =
      "import glob, json, safetensors; json.dump({'metadata': {}, 'weight_map': {k: f for f in"
          + " sorted(glob.glob('*.safetensors')) for k in safetensors.safe_open(f, 'np').keys()}},"
          + " open('"
          + ShardIndex.NAME
          + "', 'w'))";

  private final Storage storage;
  private final String path;
  private final Map<String, Safetensors> shards = new LinkedHashMap<>();
  private final Map<String, Safetensors> holders = new LinkedHashMap<>();

  /**
   * None yet.
   *
   * @param storage where the folder is
   * @param path the folder
   */
  WeightFiles(Storage storage, String path) {
    this.storage = storage;
    this.path = path;
  }

  /** The open files by name, in the order of the index. */
  Map<String, Safetensors> shards() {
    return shards;
  }

  /** Names of all tensors, file by file, each in the order of its header. */
  Set<String> names() {
    return holders.keySet();
  }

  /** Whether there is a tensor of that name. */
  boolean contains(String name) {
    return holders.containsKey(name);
  }

  /** Whether there is an index, or a single file of another name than the usual. */
  boolean isSharded() {
    return shards.size() > 1 || !shards.containsKey(SINGLE);
  }

  /** The file that holds a tensor. */
  Safetensors of(String name) {
    Safetensors holder = holders.get(name);
    if (holder == null) {
      throw new InputException(
          path + " has no tensor " + name + "; check that weights and config.json belong together");
    }
    return holder;
  }

  /**
   * Opens the files and checks their headers.
   *
   * @param files names of all files of the folder
   */
  void open(List<String> files) {
    if (files.contains(SINGLE)) {
      openShard(SINGLE);
    } else if (files.contains(ShardIndex.NAME)) {
      openSharded(files);
    } else {
      throw noWeights(files);
    }
    if (holders.isEmpty()) {
      throw new InputException(path + " holds no tensors; give a model with its weights");
    }
  }

  private void openSharded(List<String> files) {
    ShardIndex index = ShardIndex.read(storage, Storage.child(path, ShardIndex.NAME));
    for (String shard : index.shards()) {
      if (!files.contains(shard)) {
        throw new InputException(
            index.path() + " names " + shard + ", which is missing; download it too");
      }
      openShard(shard);
    }
    index
        .files()
        .forEach(
            (tensor, file) -> {
              if (!shards.get(file).entries().containsKey(tensor)) {
                throw new InputException(
                    index.path()
                        + " places tensor "
                        + tensor
                        + " in "
                        + file
                        + ", where it is not");
              }
            });
  }

  private void openShard(String file) {
    Safetensors shard = Safetensors.open(storage.open(Storage.child(path, file)));
    shards.put(file, shard);
    for (String name : shard.entries().keySet()) {
      Safetensors other = holders.putIfAbsent(name, shard);
      if (other != null) {
        throw new InputException(
            "tensor "
                + name
                + " is in both "
                + other.name()
                + " and "
                + shard.name()
                + "; keep one of them");
      }
    }
  }

  private InputException noWeights(List<String> files) {
    List<String> weights = files.stream().filter(FolderFiles::isWeights).toList();
    List<String> readable =
        weights.stream().filter(name -> name.endsWith(FolderFiles.SAFETENSORS)).toList();
    if (weights.isEmpty()) {
      return new InputException(path + " has no model.safetensors; download the weights too");
    }
    if (readable.isEmpty()) {
      return new InputException(
          path
              + " has its weights as "
              + weights.get(0)
              + " only; convert them with transformers: from_pretrained(folder), then"
              + " save_pretrained(folder, safe_serialization=True)");
    }
    if (readable.size() == 1) {
      return new InputException(
          path
              + " has its weights as "
              + readable.get(0)
              + ", not as model.safetensors; rename that file if it holds the whole model");
    }
    return new InputException(
        path
            + " has its weights in "
            + readable.size()
            + " files, the first "
            + readable.get(0)
            + ", and no "
            + ShardIndex.NAME
            + " that says which tensor is where; download the index too, or write it with Python"
            + " in that folder: "
            + INDEX);
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Safetensors shard : shards.values()) {
      try {
        shard.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
