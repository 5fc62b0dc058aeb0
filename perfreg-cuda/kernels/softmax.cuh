// One softmax over all keys of the walk, block by block, for the 16 rows of a warp's matrix.
//
// Mixing the patterns' outputs by their denominators equals one softmax over all of their keys, so
// there is one running maximum and one running sum a row, whatever pattern a key comes from.
#pragma once
#include "tensor_core.cuh"

#define BLOCKS (KEY_BLOCK / 8)

// Of rows g and g + 8: the largest score, and this lane's part of the sum of weights.
struct Running {
    float largest[2], sum[2];
};

__device__ __forceinline__ float power_of_two(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

// Over the four lanes that share a row.
__device__ __forceinline__ float largest_of_row(float x) {
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
    return fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
}
__device__ __forceinline__ float sum_of_row(float x) {
    x += __shfl_xor_sync(0xffffffffu, x, 1);
    return x + __shfl_xor_sync(0xffffffffu, x, 2);
}

// Turns scores into weights. `factors` is what the sums so far are to be multiplied by, which
// brings them to the new maximum; `scale` brings scores to powers of two.
__device__ __forceinline__ void weigh(float (&scores)[BLOCKS][4], Running &running,
                                      float (&factors)[2], float scale) {
#pragma unroll
    for (u32 half = 0; half < 2; ++half) {
        float largest = running.largest[half];
#pragma unroll
        for (u32 block = 0; block < BLOCKS; ++block)
            largest = fmaxf(largest, fmaxf(scores[block][2 * half], scores[block][2 * half + 1]));
        largest = largest_of_row(largest);
        // A row that has seen nothing has weights of 0, not of infinity minus infinity.
        const float seen = largest == -INFINITE ? 0.0f : largest, base = seen * scale;
        // Exactly 1 where the maximum stays: the rounding of `base` would add up over the blocks.
        factors[half] = power_of_two((running.largest[half] - seen) * scale);
        float sum = running.sum[half] * factors[half];
#pragma unroll
        for (u32 block = 0; block < BLOCKS; ++block)
#pragma unroll
            for (u32 i = 2 * half; i < 2 * half + 2; ++i) {
                scores[block][i] = power_of_two(fmaf(scores[block][i], scale, -base));
                sum += scores[block][i];
            }
        running.sum[half] = sum;
        running.largest[half] = largest;
    }
}
