/**
 * One layer in a shot, from its stored weight and factors to its costs and its cut.
 *
 * <p>It must not know who chose what goes.
 */
package org.llmsurgeon.surgery.operate;
