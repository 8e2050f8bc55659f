package org.llmsurgeon.pipeline.weights;

import java.util.HashMap;
import java.util.Map;
import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;
import org.llmsurgeon.compute.TensorScope;
import org.llmsurgeon.curvature.FactorOutline;
import org.llmsurgeon.curvature.InverseStore;
import org.llmsurgeon.pipeline.run.FactorsManifest;
import org.llmsurgeon.pipeline.run.RunDirectory;
import org.llmsurgeon.surgery.calibrate.CalibrationSize;
import org.llmsurgeon.surgery.calibrate.FactorKey;
import org.llmsurgeon.surgery.calibrate.FactorSource;

/** The mean factors of a shot in the run directory. */
public final class StoredFactors implements FactorSource {
  private final RunDirectory run;
  private final CalibrationSize size;
  private final Map<FactorKey, String> paths = new HashMap<>();
  private final InverseStore inverses;

  /**
   * The factors that a manifest names.
   *
   * @param run run directory
   * @param manifest all factors
   */
  public StoredFactors(RunDirectory run, FactorsManifest manifest) {
    this(run, manifest, InverseStore.NONE);
  }

  /**
   * The factors that a manifest names.
   *
   * @param run run directory
   * @param manifest all factors
   * @param inverses where their inverses stay
   */
  public StoredFactors(RunDirectory run, FactorsManifest manifest, InverseStore inverses) {
    this.run = run;
    this.inverses = inverses;
    this.size = manifest.size();
    manifest.factors().forEach(factor -> paths.put(factor.key(), factor.path()));
  }

  @Override
  public Tensor load(FactorKey key, Device device) {
    Tensor stored = read(key, device);
    return key.symmetric() ? whole(device, stored, key, Precision.SINGLE) : stored;
  }

  @Override
  public Tensor exact(FactorKey key, Device device) {
    return key.symmetric()
        ? whole(device, read(key, device), key, Precision.DOUBLE)
        : FactorSource.super.exact(key, device);
  }

  @Override
  public FactorOutline outline(FactorKey key, Device device) {
    try (Tensor triangle = read(key, device)) {
      return FactorOutline.ofTriangle(triangle, key.size(), device);
    }
  }

  private Tensor read(FactorKey key, Device device) {
    String path = paths.get(key);
    if (path == null) {
      throw new IllegalArgumentException("no factor " + key.label());
    }
    return FactorFile.read(run, path, key, size.tokens(), device);
  }

  private static Tensor whole(Device device, Tensor triangle, FactorKey key, Precision precision) {
    try (TensorScope scope = new TensorScope(device)) {
      scope.own(triangle);
      Tensor full = scope.empty(precision, key.size(), key.size());
      device.unpack(triangle, full);
      return scope.release(full);
    }
  }

  @Override
  public InverseStore inverses() {
    return inverses;
  }

  @Override
  public CalibrationSize size() {
    return size;
  }
}
