// Forward, fused into one launch, for every device since 8.0: strided rows are copied straight into
// shared memory, so nothing is gathered or scattered, and nothing is stored but output and
// log-sum-exp. Each warp has MATRICES times 16 queries; keys pass in blocks, one being copied while
// one is used.
//
// -D: HEAD_DIM (64, 128), WARPS, MATRICES, KEY_BLOCK, CAUSAL (0, 1), ELEMENT_BF16 (0, 1).
#define TILE_ROWS (16 * MATRICES * WARPS)
#define THREADS (32 * WARPS)
#include "copies.cuh"
#include "softmax.cuh"
#include "tiles.cuh"

#define DEPTHS (HEAD_DIM / 16)
#define COLUMNS (HEAD_DIM / 8)
#define TILE_BYTES (KEY_BLOCK * ROW_BYTES)
// Keys, then values.
#define STAGE_BYTES (2 * TILE_BYTES)
#define LOG2_E 1.4426950408889634f
#define LN_2 0.6931471805599453f

// The queries of a warp, and what has been computed for them.
struct Queries {
    Left left[MATRICES][DEPTHS];
    float output[MATRICES][COLUMNS][4];
    Running running[MATRICES];
};

// The position of a query, by matrix and half.
__device__ __forceinline__ u32 position_of(const Tile &tile, u32 matrix, u32 half) {
    const u32 warp = threadIdx.x / 32, group = threadIdx.x % 32 / 4;
    const u32 row = (warp * MATRICES + matrix) * 16 + half * 8 + group;
    return tile.first + row * tile.period;
}

__device__ __forceinline__ void load_queries(const Arguments &a, const Tile &tile, Queries &q) {
    const u32 column = threadIdx.x % 4 * 2;
#pragma unroll
    for (u32 m = 0; m < MATRICES; ++m) {
#pragma unroll
        for (u32 half = 0; half < 2; ++half) {
            const u32 position = position_of(tile, m, half);
            const u32 row = row_of(a, tile.batch, position, tile.head);
            const u16 *from = (const u16 *)a.queries + (u64)row * HEAD_DIM + column;
            const bool used = position < min(tile.end, tile.length);
#pragma unroll
            for (u32 k = 0; k < DEPTHS; ++k) {
                q.left[m][k].pairs[half] = used ? *(const u32 *)(from + k * 16) : 0;
                q.left[m][k].pairs[half + 2] = used ? *(const u32 *)(from + k * 16 + 8) : 0;
            }
            q.running[m].largest[half] = -INFINITE;
            q.running[m].sum[half] = 0.0f;
        }
#pragma unroll
        for (u32 c = 0; c < COLUMNS; ++c)
#pragma unroll
            for (u32 i = 0; i < 4; ++i) q.output[m][c][i] = 0.0f;
    }
}

// Begins copying the walk's keys and values; rows past the last key become zeros.
__device__ __forceinline__ void copy_block(const Arguments &a, const Tile &tile, const Walk &walk,
                                           u32 stage) {
    const u32 piece = threadIdx.x % PIECES;
#pragma unroll
    for (u32 i = 0; i < KEY_BLOCK * PIECES / THREADS; ++i) {
        const u32 row = threadIdx.x / PIECES + i * (THREADS / PIECES);
        const u32 at = walk.at + row;
        const u32 bytes = at < walk.keys.count ? 16 : 0;
        const u32 position = walk.keys.first + min(at, walk.keys.count - 1) * walk.keys.step;
        const u64 from = (u64)row_of(a, tile.batch, position, tile.head) * HEAD_DIM + piece * 8;
        copy_piece(piece_at(stage, row, piece), (const u16 *)a.keys + from, bytes);
        copy_piece(piece_at(stage + TILE_BYTES, row, piece), (const u16 *)a.values + from, bytes);
    }
}

// scores = queries * keys^T.
__device__ __forceinline__ void score(float (&scores)[MATRICES][BLOCKS][4], const Queries &q,
                                      u32 keys) {
    const u32 lane = threadIdx.x % 32;
#pragma unroll
    for (u32 m = 0; m < MATRICES; ++m)
#pragma unroll
        for (u32 block = 0; block < BLOCKS; ++block)
#pragma unroll
            for (u32 i = 0; i < 4; ++i) scores[m][block][i] = 0.0f;
#pragma unroll
    for (u32 k = 0; k < DEPTHS; ++k)
#pragma unroll
        for (u32 block = 0; block < BLOCKS; block += 2) {
            u32 right[4];
            const u32 row = block * 8 + lane % 8 + lane / 16 * 8;
            load_matrices(right, piece_at(keys, row, k * 2 + lane / 8 % 2));
#pragma unroll
            for (u32 m = 0; m < MATRICES; ++m) {
                multiply(scores[m][block], q.left[m][k], right[0], right[1]);
                multiply(scores[m][block + 1], q.left[m][k], right[2], right[3]);
            }
        }
}

// Takes away the scores of pairs that do not see each other.
__device__ __forceinline__ void mask(float (&scores)[MATRICES][BLOCKS][4], const Arguments &a,
                                     const Tile &tile, const Walk &walk) {
    const u32 column = threadIdx.x % 4 * 2;
#pragma unroll
    for (u32 m = 0; m < MATRICES; ++m)
#pragma unroll
        for (u32 half = 0; half < 2; ++half) {
            const u32 query = position_of(tile, m, half);
            const u32 first = walk.keys.first;
            u32 seen = walk.whole || takes_part(a, walk, query) ? walk.keys.count : 0;
            if (CAUSAL && seen > 0) seen = min(seen, (query - first) / walk.keys.step + 1);
            // Of this lane's first column on: one comparison with a constant decides a score.
            const int left = (int)seen - (int)(walk.at + column);
#pragma unroll
            for (u32 block = 0; block < BLOCKS; ++block)
#pragma unroll
                for (u32 i = 0; i < 2; ++i)
                    if ((int)(block * 8 + i) >= left) scores[m][block][2 * half + i] = -INFINITE;
        }
}

// output = output * factors + weights * values.
__device__ __forceinline__ void add_values(Queries &q, float (&weights)[MATRICES][BLOCKS][4],
                                           float (&factors)[MATRICES][2], u32 values) {
    const u32 lane = threadIdx.x % 32;
#pragma unroll
    for (u32 m = 0; m < MATRICES; ++m)
#pragma unroll
        for (u32 c = 0; c < COLUMNS; ++c)
#pragma unroll
            for (u32 i = 0; i < 4; ++i) q.output[m][c][i] *= factors[m][i / 2];
#pragma unroll
    for (u32 k = 0; k < KEY_BLOCK / 16; ++k) {
        Left left[MATRICES];
#pragma unroll
        for (u32 m = 0; m < MATRICES; ++m)
#pragma unroll
            for (u32 i = 0; i < 4; ++i) {
                const float(&pair)[4] = weights[m][2 * k + i / 2];
                left[m].pairs[i] = pack(pair[i % 2 * 2], pair[i % 2 * 2 + 1]);
            }
#pragma unroll
        for (u32 c = 0; c < COLUMNS; c += 2) {
            u32 right[4];
            load_transposed(right, piece_at(values, k * 16 + lane % 16, c + lane / 16));
#pragma unroll
            for (u32 m = 0; m < MATRICES; ++m) {
                multiply(q.output[m][c], left[m], right[0], right[1]);
                multiply(q.output[m][c + 1], left[m], right[2], right[3]);
            }
        }
    }
}

// One block of keys, which lies in `stage`.
__device__ __forceinline__ void attend(Queries &q, const Arguments &a, const Tile &tile,
                                       const Walk &walk, u32 stage) {
    float scores[MATRICES][BLOCKS][4], factors[MATRICES][2];
    score(scores, q, stage);
    const u32 last = walk.keys.first + (walk.at + KEY_BLOCK - 1) * walk.keys.step;
    const bool open = walk.whole && walk.at + KEY_BLOCK <= walk.keys.count;
    if (!open || (CAUSAL && last > tile.first)) mask(scores, a, tile, walk);
#pragma unroll
    for (u32 m = 0; m < MATRICES; ++m)
        weigh(scores[m], q.running[m], factors[m], a.scale * LOG2_E);
    add_values(q, scores, factors, stage + TILE_BYTES);
}

// Writes every row of the tile, zeros where nothing was seen.
__device__ __forceinline__ void store(const Arguments &a, const Tile &tile, const Queries &q) {
    const u32 lane = threadIdx.x % 32, column = lane % 4 * 2;
#pragma unroll
    for (u32 m = 0; m < MATRICES; ++m)
#pragma unroll
        for (u32 half = 0; half < 2; ++half) {
            const u32 position = position_of(tile, m, half);
            const float sum = sum_of_row(q.running[m].sum[half]);
            if (position >= tile.end) continue;
            // Queries past the sequence's end were zeros, which attend like any other.
            const bool used = position < tile.length && sum > 0.0f;
            const float inverse = used ? 1.0f / sum : 0.0f;
            const u32 row = row_of(a, tile.batch, position, tile.head);
            u16 *to = (u16 *)a.output + (u64)row * HEAD_DIM + column;
#pragma unroll
            for (u32 c = 0; c < COLUMNS; ++c) {
                const float(&pair)[4] = q.output[m][c];
                *(u32 *)(to + c * 8) = pack(pair[2 * half] * inverse, pair[2 * half + 1] * inverse);
            }
            const float log2_sum = fmaf(q.running[m].largest[half], a.scale * LOG2_E, __log2f(sum));
            if (lane % 4 == 0)
                a.lse[lse_of(a, tile.batch, position, tile.head)] = used ? log2_sum * LN_2 : -INFINITE;
        }
}

extern "C" __global__ void __launch_bounds__(THREADS)
    portable_forward(const __grid_constant__ Arguments a) {
    extern __shared__ __align__(128) u8 shared[];
    const u32 stages = (u32)__cvta_generic_to_shared(shared);
    const Tile tile = tile_of_block(a);
    if (tile.first >= tile.end) return;
    Queries q;
    load_queries(a, tile, q);
    Walk walk;
    bool more = begin_walk(a, tile, walk);
    if (more) copy_block(a, tile, walk, stages);
    end_copies();
    for (u32 stage = 0; more; stage ^= 1) {
        // This block has arrived, and every warp is done with the one before it.
        wait_for_copies();
        __syncthreads();
        const Walk current = walk;
        more = step(a, tile, walk);
        if (more) copy_block(a, tile, walk, stages + (stage ^ 1) * STAGE_BYTES);
        end_copies();
        attend(q, a, tile, current, stages + stage * STAGE_BYTES);
    }
    store(a, tile, q);
}
