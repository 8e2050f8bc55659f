package org.llmsurgeon.pipeline.run;

import java.io.Serializable;

/**
 * A file or folder of the input and what was in it.
 *
 * @param path where it was
 * @param sha256 SHA-256 of its bytes, in hexadecimal; of a folder: of the names and hashes of the
 *     files that are the model
 */
public record HashedFile(String path, String sha256) implements Serializable {}
