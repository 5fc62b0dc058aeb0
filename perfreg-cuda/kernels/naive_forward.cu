// Forward, in plain f32 and from the definition: a warp a query, a softmax a pattern, then mixing
// by the denominators. The oracle on a device; it makes no attempt at speed.
#include "members.cuh"
#include "warp_row.cuh"

// A softmax under way: the largest score, and the sum and the weighted values relative to it.
struct Softmax {
    float largest, sum;
    Row values;
};

// The first `seen` members of one segment.
__device__ Softmax attend(const Arguments &a, Row query, Progression keys, u32 seen, u32 batch,
                          u32 head, u32 lane) {
    Softmax state = {-INFINITE, 0.0f, zeros()};
    for (u32 at = 0; at < seen; ++at) {
        const u32 row = row_of(a, batch, keys.first + at * keys.step, head);
        const float score = a.scale * dot(query, load_row(a.keys, row, lane));
        const float largest = fmaxf(state.largest, score);
        const float before = expf(state.largest - largest), weight = expf(score - largest);
        state.values = blend(state.values, before, load_row(a.values, row, lane), weight);
        state.sum = state.sum * before + weight;
        state.largest = largest;
    }
    return state;
}

extern "C" __global__ void __launch_bounds__(128, 8)
    naive_forward(const __grid_constant__ Arguments a) {
    const u32 lane = threadIdx.x % 32, position = blockIdx.x * 4 + threadIdx.x / 32;
    const u32 head = blockIdx.y, batch = blockIdx.z;
    if (position >= a.seq_len) return;
    const u32 length = length_of(a, batch), row = row_of(a, batch, position, head);
    const Row query = load_row(a.queries, row, lane);
    Row mixed = zeros();
    float largest = -INFINITE, total = 0.0f;
    for (u32 p = 0; p < a.patterns && position < length; ++p) {
        const u32 offset = offset_of(a, head, p);
        if (offset == NO_PART) continue;
        const u32 start = position / a.pattern[p].segment * a.pattern[p].segment;
        const Progression keys = members_of(a.pattern[p], start, offset, length);
        const u32 at = index_in(keys, position);
        if (at == NO_PART) continue;
        const Softmax one = attend(a, query, keys, CAUSAL ? at + 1 : keys.count, batch, head, lane);
        const float more = fmaxf(largest, one.largest);
        const float before = expf(largest - more), share = expf(one.largest - more);
        // The pattern's output times its denominator is its weighted values.
        mixed = blend(mixed, before, one.values, share);
        total = total * before + one.sum * share;
        largest = more;
    }
    const float inverse = total > 0.0f ? 1.0f / total : 0.0f;
    store_row(a.output, row, lane, blend(zeros(), 0.0f, mixed, inverse));
    if (lane == 0)
        a.lse[lse_of(a, batch, position, head)] = total > 0.0f ? largest + logf(total) : -INFINITE;
}
