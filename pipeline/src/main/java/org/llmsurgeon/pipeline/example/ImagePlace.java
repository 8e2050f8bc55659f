package org.llmsurgeon.pipeline.example;

import java.io.Serializable;

/**
 * Where an image with a label is.
 *
 * @param path an image, or a Parquet file
 * @param row of the Parquet file, from 0; {@link #WHOLE} for an image
 * @param label its number; of a row it is in the row
 */
record ImagePlace(String path, int row, int label) implements Serializable {
  /** In place of a row. */
  static final int WHOLE = -1;
}
