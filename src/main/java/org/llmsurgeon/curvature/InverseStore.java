package org.llmsurgeon.curvature;

import java.nio.IntBuffer;
import java.util.Optional;

/**
 * Where damped inverses stay from one use of a shot's factors to the next: what the costs needed
 * the cut needs again. It changes no result: what is not found is inverted.
 */
public interface InverseStore {
  /** Keeps nothing. */
  InverseStore NONE =
      new InverseStore() {
        @Override
        public Optional<DampedInverse> find(Key key) {
          return Optional.empty();
        }

        @Override
        public boolean keep(Key key, DampedInverse inverse) {
          return false;
        }
      };

  /**
   * An inverse that was kept.
   *
   * @param key which one
   * @return open as long as the store is, not to be closed by the caller
   */
  Optional<DampedInverse> find(Key key);

  /**
   * Takes an inverse over, where there is room.
   *
   * @param key which one
   * @param inverse what a later {@link #find} gives
   * @return whether it was taken over, and so is the store's to close
   */
  boolean keep(Key key, DampedInverse inverse);

  /**
   * What an inverse depends on, of one layer in one shot.
   *
   * @param factor which factor
   * @param live indices of the factor that are not dead
   * @param constant what was asked to be added to its diagonal
   */
  record Key(String factor, IntBuffer live, double constant) {
    /** That of some live indices, which must stay as they are. */
    public static Key of(String factor, int[] live, double constant) {
      return new Key(factor, IntBuffer.wrap(live).asReadOnlyBuffer(), constant);
    }
  }
}
