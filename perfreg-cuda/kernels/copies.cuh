// Asynchronous copies of rows into shared memory, laid out so that no two of the eight rows that a
// matrix load touches lie in the same banks.
#pragma once
#include "types.cuh"

#define ROW_BYTES (HEAD_DIM * 2)
// Pieces of 16 bytes, the most that one copy moves.
#define PIECES (ROW_BYTES / 16)

// The address of a piece of a row: pieces change places by the row's number.
__device__ __forceinline__ u32 piece_at(u32 tile, u32 row, u32 piece) {
    return tile + row * ROW_BYTES + ((piece ^ (row & 7)) << 4);
}

// Copies 16 bytes, or writes 16 zeros without reading.
__device__ __forceinline__ void copy_piece(u32 to, const void *from, u32 bytes) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes)
                 : "memory");
}

// Ends a group of copies.
__device__ __forceinline__ void end_copies() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}

// Waits for all of this thread's copies.
__device__ __forceinline__ void wait_for_copies() {
    asm volatile("cp.async.wait_group 0;" ::: "memory");
}
