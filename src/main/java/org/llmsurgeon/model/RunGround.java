package org.llmsurgeon.model;

import org.llmsurgeon.compute.Device;
import org.llmsurgeon.compute.FiniteChecks;
import org.llmsurgeon.compute.Precision;
import org.llmsurgeon.model.pass.Batch;
import org.llmsurgeon.model.pass.LinearTap;
import org.llmsurgeon.model.pass.ParameterGradients;
import org.llmsurgeon.model.pass.Pass;
import org.llmsurgeon.model.pass.RotaryTables;

/** What all batches of a run share; closing gives back what no other run has. */
final class RunGround implements AutoCloseable {
  private final Device device;
  private final Precision precision;
  private final RotaryTables tables;
  private final FiniteChecks checks;

  RunGround(Device device, Precision precision, RotaryTables tables) {
    this.device = device;
    this.precision = precision;
    this.tables = tables;
    this.checks = device.finiteChecks();
  }

  /** The pass of a batch. */
  Pass pass(Batch batch, LinearTap tap, ParameterGradients into) {
    Pass.Ground ground =
        new Pass.Ground(device, precision, tables.forLength(batch.length()), checks);
    return new Pass(ground, batch, tap, into);
  }

  @Override
  public void close() {
    checks.close();
  }
}
