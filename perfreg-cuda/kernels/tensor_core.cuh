// Products of small matrices by a warp: mma.sync m16n8k16 with 16-bit factors and f32 sums.
//
// Where a lane holds which number is fixed by the instruction set (PTX ISA, "Matrix Fragments for
// mma.m16n8k16"): with g = lane / 4 and t = lane % 4, sums 0 and 1 are in row g, columns 2t and
// 2t + 1 of eight; sums 2 and 3 in row g + 8. ELEMENT_BF16 is 1 for bf16 and 0 for f16.
#pragma once
#include "types.cuh"

// The left factor, 16 x 16, four pairs of numbers a lane.
struct Left {
    u32 pairs[4];
};

// Two numbers as a pair, `low` in the lower half.
__device__ __forceinline__ u32 pack(float low, float high) {
    u32 pair;
#if ELEMENT_BF16
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
#else
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
#endif
    return pair;
}

// sums += left * right, with the right factor's 16 x 8 numbers in two pairs a lane.
__device__ __forceinline__ void multiply(float (&sums)[4], const Left &left, u32 right0,
                                         u32 right1) {
#if ELEMENT_BF16
#define PRODUCT "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32"
#else
#define PRODUCT "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32"
#endif
    asm(PRODUCT " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
        : "r"(left.pairs[0]), "r"(left.pairs[1]), "r"(left.pairs[2]), "r"(left.pairs[3]),
          "r"(right0), "r"(right1));
}

// Four 8 x 8 matrices from shared memory; lane i gives the address of row i % 8 of matrix i / 8.
__device__ __forceinline__ void load_matrices(u32 (&to)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(address)
                 : "memory");
}

// The same, each matrix transposed.
__device__ __forceinline__ void load_transposed(u32 (&to)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
                 : "r"(address)
                 : "memory");
}
