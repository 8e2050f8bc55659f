// Runs CUDA kernels on a processor, one block after the other. The threads of a block are fibers: each
// runs until it is done or waits at a barrier or a shuffle, then the next one goes on.
#pragma once
#include <math.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <algorithm>
#include <functional>
#include <vector>

#define __global__
#define __device__
#define __shared__ static

struct Dimensions {
  unsigned x, y, z;
};
static Dimensions threadIdx, blockIdx, blockDim, gridDim;

namespace fibers {
enum State { READY, AT_BARRIER, AT_SHUFFLE, DONE };

const unsigned THREADS = 1024;
const size_t STACK = 1 << 16;

struct Fiber {
  jmp_buf place;
  ucontext_t first;
  bool started;
};

struct Thread {
  State state;
  Fiber* fiber;
};

static std::vector<Fiber*> idle;
static Thread threads[THREADS];
/** What threads give each other, in two places by turns: one is still read while the next is written. */
static char exchanged[2][THREADS][8];
static bool turn[THREADS];
static jmp_buf scheduler;
static const std::function<void()>* kernel;
static unsigned count, begun, current;
static Fiber* running;
static bool backwards;

/** Gives the processor to others until the scheduler resumes this thread. */
static void wait(State state) {
  unsigned me = current;
  threads[me].state = state;
  threads[me].fiber = running;
  if (!_setjmp(running->place)) _longjmp(scheduler, 1);
  current = me;
  threadIdx.x = me;
}

/** A fiber runs threads to their end, one after the other; one that waits keeps its fiber. */
static void entry() {
  for (;;) {
    while (begun < count) {
      unsigned order = begun++;
      current = backwards ? count - 1 - order : order;
      threadIdx.x = current;
      (*kernel)();
      threads[current].state = DONE;
    }
    idle.push_back(running);
    if (!_setjmp(running->place)) _longjmp(scheduler, 1);
  }
}

static Fiber* unused() {
  if (!idle.empty()) {
    Fiber* fiber = idle.back();
    idle.pop_back();
    return fiber;
  }
  Fiber* fiber = new Fiber();
  getcontext(&fiber->first);
  fiber->first.uc_stack.ss_sp = malloc(STACK);
  fiber->first.uc_stack.ss_size = STACK;
  fiber->first.uc_link = nullptr;
  makecontext(&fiber->first, entry, 0);
  return fiber;
}

static void resume(Fiber* fiber) {
  running = fiber;
  if (!_setjmp(scheduler)) {
    if (fiber->started) _longjmp(fiber->place, 1);
    fiber->started = true;
    setcontext(&fiber->first);
  }
}

/** Lets threads go on that wait, if all others of the range are done or wait for the same. */
static bool release(unsigned from, unsigned to, State state) {
  bool any = false;
  for (unsigned t = from; t < to; t++) {
    if (threads[t].state != state && threads[t].state != DONE) return false;
    any |= threads[t].state == state;
  }
  for (unsigned t = from; t < to; t++) {
    if (threads[t].state == state) threads[t].state = READY;
  }
  return any;
}

static void block() {
  begun = 0;
  for (unsigned t = 0; t < count; t++) threads[t] = {READY, nullptr};
  while (begun < count) resume(unused());
  for (;;) {
    bool moved = false;
    for (unsigned warp = 0; warp < count; warp += 32) {
      moved |= release(warp, std::min(warp + 32, count), AT_SHUFFLE);
    }
    if (!moved) moved = release(0, count, AT_BARRIER);
    bool done = true;
    for (unsigned i = 0; i < count; i++) {
      unsigned t = backwards ? count - 1 - i : i;
      done &= threads[t].state == DONE;
      if (threads[t].state == READY) resume(threads[t].fiber);
    }
    if (done) return;
    if (!moved) {
      fprintf(stderr, "A barrier that not all threads of the block reach\n");
      abort();
    }
  }
}

static void run(Dimensions grid, Dimensions shape, const std::function<void()>& body) {
  kernel = &body;
  count = shape.x;
  gridDim = grid;
  blockDim = shape;
  for (unsigned z = 0; z < grid.z; z++) {
    for (unsigned y = 0; y < grid.y; y++) {
      for (unsigned x = 0; x < grid.x; x++) {
        blockIdx = {x, y, z};
        block();
      }
    }
  }
}
}  // namespace fibers

static inline void __syncthreads() { fibers::wait(fibers::AT_BARRIER); }

template <class T>
static inline T __shfl_xor_sync(unsigned, T value, int mask) {
  unsigned me = fibers::current;
  bool turn = fibers::turn[me] = !fibers::turn[me];
  memcpy(fibers::exchanged[turn][me], &value, sizeof value);
  fibers::wait(fibers::AT_SHUFFLE);
  T other;
  memcpy(&other, fibers::exchanged[turn][me ^ mask], sizeof value);
  return other;
}

static inline void atomicMin(unsigned long long* place, unsigned long long value) {
  if (value < *place) *place = value;
}

static inline unsigned __float_as_uint(float x) {
  unsigned bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

static inline float __uint_as_float(unsigned bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline int min(int a, int b) { return a < b ? a : b; }
