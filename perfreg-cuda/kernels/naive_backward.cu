// Backward, in plain f32: a warp a query for the gradients of queries, then a warp a key for those
// of keys and values. Each row is summed by one warp in a fixed order, so results repeat exactly.
//
// With p = exp(score - lse), the gradient of a score is p (dO·v - delta). The delta of exact mixing
// is dO·O; of detached mixing, dO·O_i with the output of the pattern alone (EXACT is 1 or 0).
#include "members.cuh"
#include "warp_row.cuh"

// The weight of a pair in the mixture of all patterns.
__device__ __forceinline__ float weight_of(const Arguments &a, Row query, Row key, float lse) {
    return expf(a.scale * dot(query, key) - lse);
}

__device__ __forceinline__ u32 delta_of(const Arguments &a, u32 pattern, u32 lse_index) {
    return pattern * a.batch * a.heads * a.seq_len + lse_index;
}

// The members that a position sees in its segment of the pattern; none if it takes no part.
__device__ __forceinline__ Progression seen_by(const Arguments &a, u32 pattern, u32 position,
                                               u32 head, u32 length) {
    const Progression none = {0, 1, 0};
    const u32 offset = offset_of(a, head, pattern);
    if (offset == NO_PART || position >= length) return none;
    const u32 start = position / a.pattern[pattern].segment * a.pattern[pattern].segment;
    const Progression all = members_of(a.pattern[pattern], start, offset, length);
    const u32 at = index_in(all, position);
    if (at == NO_PART) return none;
    return {all.first, all.step, CAUSAL ? at + 1 : all.count};
}

extern "C" __global__ void __launch_bounds__(128, 8)
    naive_backward_queries(const __grid_constant__ Arguments a) {
    const u32 lane = threadIdx.x % 32, position = blockIdx.x * 4 + threadIdx.x / 32;
    const u32 head = blockIdx.y, batch = blockIdx.z;
    if (position >= a.seq_len) return;
    const u32 length = length_of(a, batch), row = row_of(a, batch, position, head);
    const u32 lse_index = lse_of(a, batch, position, head);
    const float lse = a.lse[lse_index];
    const Row query = load_row(a.queries, row, lane), upstream = load_row(a.upstream, row, lane);
    const float exact = dot(upstream, load_row(a.output, row, lane));
    Row gradient = zeros();
    for (u32 p = 0; p < a.patterns; ++p) {
        const Progression keys = seen_by(a, p, position, head, length);
        float delta = exact;
        if (!EXACT) {
            float share = 0.0f, sum = 0.0f;
            for (u32 at = 0; at < keys.count; ++at) {
                const u32 key = row_of(a, batch, keys.first + at * keys.step, head);
                const float weight = weight_of(a, query, load_row(a.keys, key, lane), lse);
                share += weight;
                sum = fmaf(weight, dot(upstream, load_row(a.values, key, lane)), sum);
            }
            delta = keys.count > 0 ? sum / share : 0.0f;
        }
        if (lane == 0) a.deltas[delta_of(a, p, lse_index)] = delta;
        for (u32 at = 0; at < keys.count; ++at) {
            const u32 key = row_of(a, batch, keys.first + at * keys.step, head);
            const Row key_row = load_row(a.keys, key, lane);
            const float weight = weight_of(a, query, key_row, lse);
            const float of_value = dot(upstream, load_row(a.values, key, lane));
            gradient = blend(gradient, 1.0f, key_row, a.scale * weight * (of_value - delta));
        }
    }
    store_row(a.query_gradients, row, lane, gradient);
}

extern "C" __global__ void __launch_bounds__(128, 8)
    naive_backward_keys(const __grid_constant__ Arguments a) {
    const u32 lane = threadIdx.x % 32, position = blockIdx.x * 4 + threadIdx.x / 32;
    const u32 head = blockIdx.y, batch = blockIdx.z;
    if (position >= a.seq_len) return;
    const u32 length = length_of(a, batch), row = row_of(a, batch, position, head);
    const Row key = load_row(a.keys, row, lane), value = load_row(a.values, row, lane);
    Row of_key = zeros(), of_value = zeros();
    for (u32 p = 0; p < a.patterns && position < length; ++p) {
        const u32 offset = offset_of(a, head, p);
        if (offset == NO_PART) continue;
        const u32 start = position / a.pattern[p].segment * a.pattern[p].segment;
        const Progression all = members_of(a.pattern[p], start, offset, length);
        const u32 own = index_in(all, position);
        if (own == NO_PART) continue;
        for (u32 at = CAUSAL ? own : 0; at < all.count; ++at) {
            const u32 asking = all.first + at * all.step;
            const u32 query = row_of(a, batch, asking, head);
            const u32 lse_index = lse_of(a, batch, asking, head);
            const Row query_row = load_row(a.queries, query, lane);
            const Row upstream = load_row(a.upstream, query, lane);
            const float weight = weight_of(a, query_row, key, a.lse[lse_index]);
            const float delta = a.deltas[delta_of(a, p, lse_index)];
            const float score = a.scale * weight * (dot(upstream, value) - delta);
            of_key = blend(of_key, 1.0f, query_row, score);
            of_value = blend(of_value, 1.0f, upstream, weight);
        }
    }
    store_row(a.key_gradients, row, lane, of_key);
    store_row(a.value_gradients, row, lane, of_value);
}
