package org.llmsurgeon.pipeline.run;

import java.io.Serializable;
import org.llmsurgeon.surgery.operate.LayerReport;

/**
 * New weights of one layer in the run directory.
 *
 * @param layer module name
 * @param path safetensors file with {@code <layer>.weight} and {@code <layer>.bias} in F32,
 *     relative to the run directory
 * @param length its bytes
 * @param crc32c CRC-32C of all its bytes
 * @param cut what was removed
 */
public record LayerFile(String layer, String path, long length, long crc32c, LayerReport cut)
    implements Serializable {}
