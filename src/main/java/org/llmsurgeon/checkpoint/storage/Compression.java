package org.llmsurgeon.checkpoint.storage;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.llmsurgeon.NativeLibraries;
import org.tukaani.xz.XZInputStream;

/** How a file is compressed as a whole, by its name. Several streams in a row are one text. */
public enum Compression {
  /** Gzip. */
  GZIP(".gz", "gzip") {
    @Override
    InputStream decoder(InputStream in) throws IOException {
      return new GZIPInputStream(in, BUFFER);
    }
  },
  /** Bzip2. */
  BZIP2(".bz2", "bzip2") {
    @Override
    InputStream decoder(InputStream in) throws IOException {
      return new BZip2CompressorInputStream(new BufferedInputStream(in, BUFFER), true);
    }
  },
  /** XZ. */
  XZ(".xz", "xz") {
    @Override
    InputStream decoder(InputStream in) throws IOException {
      return new XZInputStream(new BufferedInputStream(in, BUFFER), XZ_KIBIBYTES);
    }
  },
  /** Zstandard. */
  ZSTANDARD(".zst", "zstd") {
    @Override
    InputStream decoder(InputStream in) throws IOException {
      NativeLibraries.prepare();
      try {
        return new ZstdInputStream(in);
      } catch (LinkageError failure) {
        throw NativeLibraries.unusable("the zstd library", ", or unpack the file", failure);
      }
    }
  };

  private static final int BUFFER = 1 << 16;

  /** Memory of a decoder: what files of xz -9 need, and no more for one that asks for it. */
  private static final int XZ_KIBIBYTES = 1 << 17;

  private final String ending;
  private final String title;

  Compression(String ending, String title) {
    this.ending = ending;
    this.title = title;
  }

  /** The compression of a file; empty where there is none. */
  public static Optional<Compression> of(String path) {
    String name = path.toLowerCase(Locale.ROOT);
    return Stream.of(values()).filter(each -> name.endsWith(each.ending)).findFirst();
  }

  /** A path without the ending of its compression. */
  public static String strip(String path) {
    return of(path)
        .map(each -> path.substring(0, path.length() - each.ending.length()))
        .orElse(path);
  }

  /** What the format is called. */
  String title() {
    return title;
  }

  abstract InputStream decoder(InputStream in) throws IOException;
}
