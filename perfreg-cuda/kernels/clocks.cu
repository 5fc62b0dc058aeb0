// The clocks of one multiprocessor, before and after what is timed: their quotient is its frequency.
#include "types.cuh"

// Multiprocessor 0 writes nanoseconds and cycles. Enough blocks are launched that one lands there;
// of several, any may be the one that is kept.
extern "C" __global__ void read_clocks(u64 *to) {
    u32 processor;
    asm volatile("mov.u32 %0, %%smid;" : "=r"(processor));
    if (processor != 0 || threadIdx.x != 0) return;
    u64 nanoseconds, cycles;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanoseconds));
    asm volatile("mov.u64 %0, %%clock64;" : "=l"(cycles));
    to[0] = nanoseconds;
    to[1] = cycles;
}

// The same clocks of whichever multiprocessor this runs on, twice, so many nanoseconds apart: for work
// that is too short to read its clock beside it.
extern "C" __global__ void wait_between_clocks(u64 *to) {
    u64 begin, end, cycles;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(begin));
    asm volatile("mov.u64 %0, %%clock64;" : "=l"(cycles));
    to[0] = begin;
    to[1] = cycles;
    do {
        asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(end));
    } while (end - begin < WAIT_NANOSECONDS);
    asm volatile("mov.u64 %0, %%clock64;" : "=l"(cycles));
    to[2] = end;
    to[3] = cycles;
}

// Nothing: what a launch costs at the least.
extern "C" __global__ void nothing() {}
