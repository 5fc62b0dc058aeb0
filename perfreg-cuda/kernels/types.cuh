// Numbers, and the argument block that every kernel takes by value.
//
// The host writes the same block in src/attention/arguments.rs; a change here is a change there.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define MOST_PATTERNS 8

// Where the members of a head begin (HeadRule on the host).
#define RULE_MODULO 0
#define RULE_GROUPS 1
#define RULE_ONE_PATTERN 2

// `common` is what the dilation and the period of the tiling have in common.
struct Pattern {
    u32 segment, dilation, common;
};

// How queries are dealt out to blocks: each cell of the sequence apart, every `period`-th query
// together. Rules in which every head has every pattern use the first; else it is by pattern.
struct Tiling {
    u32 cell;
    u32 period;
};

struct Arguments {
    const void *queries, *keys, *values;
    void *output;
    float *lse;
    // Positions in use by sequence; null if all are.
    const u32 *lengths;
    // Backward only: the output's gradient, the wanted gradients, and what the query pass leaves
    // to the key pass, by pattern.
    const void *upstream;
    void *query_gradients, *key_gradients, *value_gradients;
    float *deltas;
    u32 batch, seq_len, heads, patterns;
    u32 rule;
    float scale;
    Pattern pattern[MOST_PATTERNS];
    Tiling tiling[MOST_PATTERNS];
};

#define INFINITE __int_as_float(0x7f800000)
