package org.llmsurgeon.pipeline.analyse;

import org.llmsurgeon.export.gguf.GgufType;
import org.llmsurgeon.export.plan.Route;

/**
 * What to write of a model with zeros.
 *
 * @param model model folder
 * @param output a folder that is empty or not there; null for none
 * @param route the form of that folder
 * @param gguf a GGUF file besides, or of the model as it is where there is no output; null for none
 */
public record ExportRequest(String model, String output, Route route, Gguf gguf) {
  /**
   * A GGUF file.
   *
   * @param file a path where nothing is
   * @param type of its matrices
   */
  public record Gguf(String file, GgufType type) {}
}
