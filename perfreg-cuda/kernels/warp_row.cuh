// A row of a tensor held by a warp, HEAD_DIM / 32 numbers a lane, for kernels that want no more
// than to be right.
#pragma once
#include "types.cuh"

#define SHARE (HEAD_DIM / 32)

struct Row {
    float part[SHARE];
};

__device__ __forceinline__ Row zeros() {
    Row row;
#pragma unroll
    for (u32 i = 0; i < SHARE; ++i) row.part[i] = 0.0f;
    return row;
}

__device__ __forceinline__ Row load_row(const void *tensor, u32 row, u32 lane) {
    Row loaded;
#pragma unroll
    for (u32 i = 0; i < SHARE; ++i)
        loaded.part[i] = ((const float *)tensor)[(u64)row * HEAD_DIM + i * 32 + lane];
    return loaded;
}

__device__ __forceinline__ void store_row(void *tensor, u32 row, u32 lane, Row value) {
#pragma unroll
    for (u32 i = 0; i < SHARE; ++i)
        ((float *)tensor)[(u64)row * HEAD_DIM + i * 32 + lane] = value.part[i];
}

// The dot product, the same in every lane.
__device__ __forceinline__ float dot(Row a, Row b) {
    float sum = 0.0f;
#pragma unroll
    for (u32 i = 0; i < SHARE; ++i) sum = fmaf(a.part[i], b.part[i], sum);
#pragma unroll
    for (u32 distance = 16; distance > 0; distance /= 2)
        sum += __shfl_xor_sync(0xffffffffu, sum, distance);
    return sum;
}

// row * factor + addend * weight.
__device__ __forceinline__ Row blend(Row row, float factor, Row addend, float weight) {
#pragma unroll
    for (u32 i = 0; i < SHARE; ++i) row.part[i] = fmaf(addend.part[i], weight, row.part[i] * factor);
    return row;
}
