package org.llmsurgeon.compute.bench;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.compute.Tensor;

/**
 * Numbers that depend on a seed and their place alone, so that another program can draw the same:
 * uniform, from a hash of the place.
 */
final class Draw {
  private static final int PIECE = 1 << 20;

  private Draw() {}

  /** A single-precision tensor of numbers within half a scale of 0. */
  static Tensor tensor(Device device, int seed, int rows, int columns, double scale) {
    Tensor tensor = device.empty(Precision.SINGLE, rows, columns);
    float[] values = new float[(int) Math.min(PIECE, tensor.size())];
    for (long at = 0; at < tensor.size(); at += values.length) {
      int count = (int) Math.min(values.length, tensor.size() - at);
      for (int i = 0; i < count; i++) {
        values[i] = number(at + i, seed, scale);
      }
      device.upload(values, 0, tensor, at, count);
    }
    return tensor;
  }

  private static float number(long place, int seed, double scale) {
    int hash = (int) place * 0x9E3779B1 + seed;
    hash = (hash ^ hash >>> 16) * 0x85EBCA6B;
    hash = (hash ^ hash >>> 13) * 0xC2B2AE35;
    hash ^= hash >>> 16;
    return (float) (((hash >>> 8) * 0x1p-24 - 0.5) * scale);
  }
}
