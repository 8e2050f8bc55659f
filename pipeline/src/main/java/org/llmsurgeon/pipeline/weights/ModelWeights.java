package org.llmsurgeon.pipeline.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.folder.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.export.survey.FolderWeights;
import org.llmsurgeon.model.LanguageModel;
import org.llmsurgeon.model.architecture.Architectures;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;
import org.llmsurgeon.model.weights.StoredTensors;
import org.llmsurgeon.model.weights.WeightSource;
import org.llmsurgeon.pipeline.files.Checksum;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.run.LayerFile;
import org.llmsurgeon.pipeline.run.ModelRef;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.pipeline.run.ShotManifest;

/**
 * The weights that a {@link ModelRef} means: layers from the files of a shot, everything else from
 * the model folder. Local files are mapped, so that all processes of a machine share their pages.
 */
public final class ModelWeights implements WeightSource, AutoCloseable {
  private final HadoopStorage storage;
  private final RunDirectory run;
  private final ModelFolder folder;
  private final ModelConfig config;
  private final StoredTensors tensors;
  private final WeightSource dense;
  private final Map<String, LayerFile> changed = new HashMap<>();
  private final Set<String> intact = ConcurrentHashMap.newKeySet();
  private NavigableMap<String, List<String>> held;

  private ModelWeights(HadoopStorage storage, ModelRef ref, ModelFolder folder) {
    this.storage = storage;
    this.folder = folder;
    ModelConfig described =
        Architectures.parse(folder.config(), folder.configPath()).storedAs(folder::contains);
    this.config = FolderWeights.withInputs(ref.objective().of(described), storage, folder.path());
    this.tensors = StoredTensors.of(config, folder::contains);
    this.dense = tensors.over(new AsStored(folder));
    this.run = ref.run() == null ? null : new RunDirectory(storage, ref.run());
    if (run != null) {
      ShotManifest shot = run.required(ref.manifest(), ShotManifest.class);
      shot.layers().forEach(file -> changed.put(file.layer(), file));
    }
  }

  /**
   * Opens the files' headers.
   *
   * @param storage where they are
   * @param ref which weights
   * @throws InputException naming what is missing or damaged
   */
  public static ModelWeights open(HadoopStorage storage, ModelRef ref) {
    ModelFolder folder = ModelFolder.open(storage, ref.folder());
    try {
      return new ModelWeights(storage, ref, folder);
    } catch (RuntimeException failure) {
      close(folder);
      throw failure;
    }
  }

  /** The network. */
  public ModelConfig config() {
    return config;
  }

  /** The folder under the shot. */
  public ModelFolder folder() {
    return folder;
  }

  /** A folder's tensors under the names that it writes. */
  private record AsStored(ModelFolder folder) implements WeightSource {
    @Override
    public boolean contains(String name) {
      return folder.contains(name);
    }

    @Override
    public int[] shape(String name) {
      return folder.shape(name);
    }

    @Override
    public Tensor load(String name, Device device) {
      return folder.load(name, device);
    }

    @Override
    public Tensor load(String name, long first, int rows, int columns, Device device) {
      return folder.load(name, first, rows, columns, device);
    }
  }

  /** Names of the tensors that a shot has replaced, as the folder spells them. */
  public Set<String> replaced() {
    return Collections.unmodifiableSet(held().keySet());
  }

  /** The network's tensors that a shot has replaced, by the folder's in which they are. */
  private synchronized NavigableMap<String, List<String>> held() {
    if (held == null) {
      held = new TreeMap<>();
      for (LinearShape layer : config.linears()) {
        if (changed.containsKey(layer.name())) {
          hold(layer.weightName());
          if (layer.bias()) {
            hold(layer.biasName());
          }
        }
      }
    }
    return held;
  }

  private void hold(String name) {
    held.computeIfAbsent(tensors.stored(name), none -> new ArrayList<>()).add(name);
  }

  /**
   * A tensor as the folder holds it, with what a shot has replaced of it.
   *
   * @param stored its name in the folder
   * @param device where to
   */
  public Tensor loadStored(String stored, Device device) {
    List<String> own = held().getOrDefault(stored, List.of());
    if (own.size() == 1 && tensors.part(own.get(0)) == null) {
      return load(own.get(0), device);
    }
    try (Tensor whole = folder.load(stored, device)) {
      if (own.stream().allMatch(name -> tensors.part(name).isBlock())) {
        return inBlocks(whole, own, device);
      }
      double[] values = device.values(whole);
      for (String name : own) {
        try (Tensor replaced = load(name, device)) {
          tensors.part(name).write(device.values(replaced), values);
        }
      }
      return device.tensor(whole.precision(), whole.rows(), whole.columns(), values);
    }
  }

  /** All experts of a block may be in one tensor, which the heap would not hold. */
  private Tensor inBlocks(Tensor whole, List<String> own, Device device) {
    Tensor made = device.empty(whole.precision(), whole.rows(), whole.columns());
    try {
      device.copy(whole, made);
      for (String name : own) {
        try (Tensor replaced = load(name, device)) {
          double[] row = new double[replaced.columns()];
          long at = (long) tensors.part(name).offset() * row.length;
          for (long from = 0; from < replaced.size(); from += row.length) {
            device.download(replaced, from, row, 0, row.length);
            device.upload(row, 0, made, at + from, row.length);
          }
        }
      }
      return made;
    } catch (RuntimeException failure) {
      made.close();
      throw failure;
    }
  }

  /**
   * Size of one number of a tensor as the folder stores it.
   *
   * @param name the tensor
   * @return bytes
   */
  public int bytesOfNumber(String name) {
    return (int) folder.entry(tensors.stored(name)).dtype().bytes(1);
  }

  /** Whether all weights are mapped as they lie: F32 in files of this machine. */
  boolean mapped() {
    return tensors.isPlain()
        && HadoopStorage.isLocal(folder.path())
        && (run == null || HadoopStorage.isLocal(run.path()))
        && LanguageModel.tensors(config).keySet().stream()
            .allMatch(name -> bytesOfNumber(name) == Float.BYTES);
  }

  @Override
  public boolean contains(String name) {
    return dense.contains(name);
  }

  @Override
  public int[] shape(String name) {
    return dense.shape(name);
  }

  @Override
  public Tensor load(String name, Device device) {
    LayerFile file = changed.get(name.substring(0, Math.max(0, name.lastIndexOf('.'))));
    return file == null ? dense.load(name, device) : load(file, name, device);
  }

  private Tensor load(LayerFile file, String name, Device device) {
    String path = run.resolve(file.path());
    ByteSource source = storage.open(path);
    checkIntact(file, source);
    try (Safetensors tensorsOfLayer = Safetensors.open(source)) {
      return tensorsOfLayer.load(name, device);
    } catch (IOException failure) {
      throw new UncheckedIOException(path + " could not be closed", failure);
    }
  }

  private void checkIntact(LayerFile file, ByteSource source) {
    if (intact.contains(file.path())) {
      return;
    }
    if (source.length() != file.length() || Checksum.of(source) != file.crc32c()) {
      throw new InputException(
          source.name()
              + " is not as it was written; delete the folder of its shot and give the same command"
              + " again.");
    }
    intact.add(file.path());
  }

  @Override
  public void close() {
    close(folder);
  }

  private static void close(ModelFolder folder) {
    try {
      folder.close();
    } catch (IOException failure) {
      throw new UncheckedIOException(folder.path() + " could not be closed", failure);
    }
  }
}
