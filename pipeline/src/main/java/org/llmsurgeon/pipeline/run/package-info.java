/**
 * What a run keeps in its directory: plan, manifests, lease.
 *
 * <p>It must not know stages, tensors and the report.
 */
package org.llmsurgeon.pipeline.run;
