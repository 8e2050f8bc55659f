/**
 * Texts and labelled rows in Parquet files.
 *
 * <p>It must not know windows, tokens or runs.
 */
package org.llmsurgeon.pipeline.parquet;
