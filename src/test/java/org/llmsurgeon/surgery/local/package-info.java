/**
 * The whole loop in one process, without files.
 *
 * <p>It must not know Spark; nothing else in the library knows of it.
 */
package org.llmsurgeon.surgery.local;
