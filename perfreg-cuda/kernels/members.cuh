// Who looks at whom: the members of a segment, for a head.
#pragma once
#include "types.cuh"

#define NO_PART 0xffffffffu

// Positions at equal distances: first, first + step, … (count of them).
struct Progression {
    u32 first, step, count;
};

// The pattern of a head that has but one: groups of heads, the first ones larger by one.
__device__ __forceinline__ u32 only_pattern(const Arguments &a, u32 head) {
    const u32 each = a.heads / a.patterns, larger = a.heads % a.patterns;
    const u32 in_larger = larger * (each + 1);
    return head < in_larger ? head / (each + 1) : larger + (head - in_larger) / each;
}

// Where the head's members begin in each segment of the pattern, or NO_PART.
__device__ __forceinline__ u32 offset_of(const Arguments &a, u32 head, u32 pattern) {
    const u32 dilation = a.pattern[pattern].dilation;
    if (a.rule == RULE_MODULO) return head % dilation;
    if (a.rule == RULE_GROUPS) return head / (a.heads / dilation);
    return only_pattern(a, head) == pattern ? pattern % dilation : NO_PART;
}

// The members of the segment that begins at `start`, in a sequence of this length.
__device__ __forceinline__ Progression members_of(Pattern p, u32 start, u32 offset, u32 length) {
    const u32 end = min(start + p.segment, length), first = start + offset;
    return {first, p.dilation, first < end ? (end - first - 1) / p.dilation + 1 : 0};
}

// Which member of the progression a position is, or NO_PART.
__device__ __forceinline__ u32 index_in(Progression p, u32 position) {
    if (position < p.first || (position - p.first) % p.step != 0) return NO_PART;
    const u32 at = (position - p.first) / p.step;
    return at < p.count ? at : NO_PART;
}

// The positions in use of a sequence.
__device__ __forceinline__ u32 length_of(const Arguments &a, u32 batch) {
    return a.lengths ? a.lengths[batch] : a.seq_len;
}

// Rows of tensors lie in the order batch, position, head; of the log-sum-exp, batch, head, position.
__device__ __forceinline__ u32 row_of(const Arguments &a, u32 batch, u32 position, u32 head) {
    return (batch * a.seq_len + position) * a.heads + head;
}
__device__ __forceinline__ u32 lse_of(const Arguments &a, u32 batch, u32 position, u32 head) {
    return (batch * a.heads + head) * a.seq_len + position;
}
