package org.llmsurgeon.pipeline.analyse;

import org.llmsurgeon.pipeline.report.ExportReport;

/**
 * What an export wrote.
 *
 * @param folder what there is to say of the smaller folder; null where none was asked for
 * @param gguf the GGUF file; null where none was asked for
 */
public record ExportResult(ExportReport folder, GgufFile gguf) {
  /**
   * A GGUF file.
   *
   * @param path where it is
   * @param architecture that llama.cpp reads it for
   * @param bytes its size
   */
  public record GgufFile(String path, String architecture, long bytes) {}
}
