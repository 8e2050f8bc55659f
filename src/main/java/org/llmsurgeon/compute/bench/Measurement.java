package org.llmsurgeon.compute.bench;

/**
 * What a step took.
 *
 * @param name of the step, with its shape
 * @param seconds the median of the repeats
 * @param flops floating-point operations that the step needs, however they are done
 */
public record Measurement(String name, double seconds, double flops) {
  /** Operations in a second. */
  public double rate() {
    return flops / seconds;
  }
}
