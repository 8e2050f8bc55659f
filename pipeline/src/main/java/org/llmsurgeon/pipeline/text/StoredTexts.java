package org.llmsurgeon.pipeline.text;

import org.llmsurgeon.checkpoint.text.FileTexts;
import org.llmsurgeon.checkpoint.text.TextFormat;
import org.llmsurgeon.checkpoint.text.TextPart;
import org.llmsurgeon.checkpoint.text.TextReader;
import org.llmsurgeon.checkpoint.text.TextSource;
import org.llmsurgeon.pipeline.files.HadoopStorage;
import org.llmsurgeon.pipeline.parquet.ParquetTextReader;

/** Texts of all formats on all file systems. */
final class StoredTexts implements TextSource {
  private final HadoopStorage storage;
  private final FileTexts others;

  /**
   * @param storage where the texts are
   */
  public StoredTexts(HadoopStorage storage) {
    this.storage = storage;
    this.others = new FileTexts(storage);
  }

  @Override
  public TextReader open(TextPart part) {
    return TextFormat.of(part.path()) == TextFormat.PARQUET
        ? new ParquetTextReader(storage.open(part.path()), part)
        : others.open(part);
  }
}
