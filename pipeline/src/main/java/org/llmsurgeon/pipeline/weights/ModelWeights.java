package org.llmsurgeon.pipeline.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.llmsurgeon.InputException;
import org.llmsurgeon.checkpoint.safetensors.ModelFolder;
import org.llmsurgeon.checkpoint.safetensors.Safetensors;
import org.llmsurgeon.checkpoint.storage.ByteSource;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.model.CheckpointNames;
import org.llmsurgeon.model.LinearShape;
import org.llmsurgeon.model.ModelConfig;
import org.llmsurgeon.model.WeightSource;
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
  private final CheckpointNames names;
  private final Map<String, LayerFile> changed = new HashMap<>();
  private final Set<String> intact = ConcurrentHashMap.newKeySet();

  private ModelWeights(HadoopStorage storage, ModelRef ref, ModelFolder folder) {
    this.storage = storage;
    this.folder = folder;
    this.config = ModelConfig.parse(folder.config(), folder.configPath());
    this.names = CheckpointNames.of(config, folder::contains);
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

  /** Names of the tensors that a shot has replaced, as the folder spells them. */
  public Set<String> replaced() {
    Set<String> replaced = new java.util.TreeSet<>();
    for (LinearShape layer : config.linears()) {
      if (changed.containsKey(layer.name())) {
        replaced.add(names.stored(layer.weightName()));
        if (layer.bias()) {
          replaced.add(names.stored(layer.biasName()));
        }
      }
    }
    return replaced;
  }

  /**
   * Size of one number of a tensor as the folder stores it.
   *
   * @param name the tensor
   * @return bytes
   */
  public int bytesOfNumber(String name) {
    return (int) folder.entry(names.stored(name)).dtype().bytes(1);
  }

  /** Whether all weights are mapped as they lie: F32 in files of this machine. */
  boolean mapped() {
    return HadoopStorage.isLocal(folder.path())
        && (run == null || HadoopStorage.isLocal(run.path()))
        && config.expectedTensors().keySet().stream()
            .allMatch(name -> bytesOfNumber(name) == Float.BYTES);
  }

  @Override
  public boolean contains(String name) {
    return folder.contains(names.stored(name));
  }

  @Override
  public int[] shape(String name) {
    return folder.shape(names.stored(name));
  }

  @Override
  public Tensor load(String name, Device device) {
    String stored = names.stored(name);
    LayerFile file = changed.get(layerOf(stored));
    return file == null ? folder.load(stored, device) : load(file, stored, device);
  }

  /** Module name of a tensor, in full spelling. */
  private String layerOf(String stored) {
    String module = stored.substring(0, Math.max(0, stored.lastIndexOf('.')));
    return changed.containsKey(module) ? module : "model." + module;
  }

  private Tensor load(LayerFile file, String stored, Device device) {
    String path = run.resolve(file.path());
    ByteSource source = storage.open(path);
    checkIntact(file, source);
    String tensor = file.layer() + stored.substring(stored.lastIndexOf('.'));
    try (Safetensors tensors = Safetensors.open(source)) {
      return tensors.load(tensor, device);
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
