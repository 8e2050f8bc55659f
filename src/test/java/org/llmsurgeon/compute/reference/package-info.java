/**
 * The plain device in double precision, which says what every operation means. Slow, and the
 * measure of all other devices.
 *
 * <p>It must not know native libraries and the other devices.
 */
package org.llmsurgeon.compute.reference;
