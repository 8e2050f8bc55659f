package org.llmsurgeon.surgery.calibrate;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.llmsurgeon.curvature.KroneckerStep;
import org.llmsurgeon.model.config.LinearRole;
import org.llmsurgeon.model.config.LinearShape;
import org.llmsurgeon.model.config.ModelConfig;

/**
 * One pass over the calibration data, and which sums it gathers. A curvature is a list of passes,
 * see {@link FactorPlan#passes}; each may use what those before it gave.
 *
 * @param index position in that list, from 0
 * @param gathers what is summed
 * @param weighing where the weights of tokens come from
 * @param term of which product of a sum the factors are, from 0
 */
public record FactorPass(int index, Gathers gathers, Weighing weighing, int term)
    implements Serializable {
  /** What is summed over tokens. */
  public enum Gathers {
    /** {@code a a^T}, once per input group; a forward pass. */
    INPUTS,
    /** {@code a a^T}, once per input group, and {@code g g^T}. */
    BOTH,
    /** {@code (a^T A_hat a) g g^T}: half a step of the power iteration. */
    WEIGHTED_G,
    /** {@code (g^T G_hat g) a a^T}, for each layer: the other half. */
    WEIGHTED_A,
    /**
     * {@code (u_i . g)^2 (v_j . a)^2}, along the eigenvectors of the factors of the pass before.
     */
    EIGENVALUES,
    /** Of the layers whose inputs are members of units: what these are like; a forward pass. */
    STATISTICS,
    /** {@code g a^T}: the gradient of each weight. */
    GRADIENTS
  }

  /** Statistics of inputs, for baselines. */
  public static final FactorPass STATISTICS =
      new FactorPass(0, Gathers.STATISTICS, Weighing.NONE, 0);

  /** Gradients of weights, for baselines. */
  public static final FactorPass GRADIENTS = new FactorPass(0, Gathers.GRADIENTS, Weighing.NONE, 0);

  /** Where {@code A_hat} or {@code G_hat} comes from. */
  public enum Weighing {
    /** No token has a weight. */
    NONE,
    /** The {@code A} of the layer's input group. */
    SHARED,
    /** A fixed matrix, see {@link KroneckerStep#start}. */
    FIXED,
    /** The layer's own factor, of the half step before, or of the last shot. */
    OWN
  }

  /** Whether tokens are weighed, which takes their inputs and gradients together. */
  public boolean weighted() {
    return weighing != Weighing.NONE;
  }

  /** Whether gradients are needed. */
  public boolean backward() {
    return gathers != Gathers.INPUTS && gathers != Gathers.STATISTICS;
  }

  /**
   * The sums, in the order of the layers, each once.
   *
   * @param config the model
   */
  public List<FactorKey> keys(ModelConfig config) {
    return keys(config.linears());
  }

  /**
   * As {@link #keys(ModelConfig)}, of some layers.
   *
   * @param layers the layers, in order
   */
  public List<FactorKey> keys(List<LinearShape> layers) {
    Set<FactorKey> keys = new LinkedHashSet<>();
    for (LinearShape layer : layers) {
      if (layer.ofExpert() && (gathers == Gathers.INPUTS || gathers == Gathers.BOTH)) {
        keys.add(FactorPlan.reached(layer));
      }
      switch (gathers) {
        case INPUTS -> keys.add(FactorPlan.a(layer));
        case BOTH -> {
          keys.add(FactorPlan.a(layer));
          keys.add(FactorPlan.g(layer));
        }
        case WEIGHTED_G, WEIGHTED_A -> keys.add(summed(layer));
        case EIGENVALUES -> keys.add(FactorPlan.eigenvalues(layer));
        case GRADIENTS -> keys.add(FactorPlan.gradient(layer));
        case STATISTICS -> {
          if (layer.role() == LinearRole.OUTPUT || layer.role() == LinearRole.DOWN) {
            keys.add(FactorPlan.statistics(layer));
          }
        }
      }
    }
    return new ArrayList<>(keys);
  }

  /** What a pass with weights gathers of a layer. */
  FactorKey summed(LinearShape layer) {
    return gathers == Gathers.WEIGHTED_G ? FactorPlan.g(layer, term) : FactorPlan.ownA(layer, term);
  }

  /**
   * What the weights of a layer's tokens come from, in a pass with weights; with {@link
   * Weighing#FIXED} what would take its place.
   *
   * @param layer the layer
   */
  public FactorKey weighing(LinearShape layer) {
    if (gathers == Gathers.WEIGHTED_A) {
      return FactorPlan.g(layer, term);
    }
    return weighing == Weighing.SHARED ? FactorPlan.a(layer) : FactorPlan.ownA(layer, term);
  }

  /**
   * Bytes that a sum takes while it is gathered: a packed triangle in double, and two copies, in
   * single, of the matrix that weighs its tokens or of the bases that they are seen in.
   *
   * @param config the model
   * @param key the sum
   */
  public long bytes(ModelConfig config, FactorKey key) {
    long triangle = Double.BYTES * key.packedSize();
    if (gathers == Gathers.EIGENVALUES) {
      long bases = (long) key.size() * key.size() + (long) key.columns() * key.columns();
      return triangle + 2 * Float.BYTES * bases;
    }
    if (!weighted()) {
      return triangle;
    }
    LinearShape layer = config.linear(key.layer());
    long side = weighing(layer).size();
    return triangle + 2 * Float.BYTES * side * side;
  }
}
