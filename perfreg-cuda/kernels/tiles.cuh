// The queries of a block, and its walk over the blocks of keys that any of them sees.
//
// A tile holds every `period`-th query of a cell. Dilations that divide the period are taken part in
// by all of a tile or by none; the others cost masked work, never a wrong result. The same holds of
// segments that end within a tile.
#pragma once
#include "members.cuh"

// Queries first, first + period, …; `last` is the last one that is in use, and those from `end` on
// belong to another tile.
struct Tile {
    u32 batch, head, length;
    u32 first, period, last, end;
};

// The tile of this block; its `first` is not before its `end` if there is none.
__device__ __forceinline__ Tile tile_of_block(const Arguments &a) {
    Tile tile;
    tile.head = blockIdx.y;
    tile.batch = blockIdx.z;
    tile.length = length_of(a, tile.batch);
    const Tiling tiling = a.tiling[a.rule == RULE_ONE_PATTERN ? only_pattern(a, tile.head) : 0];
    tile.period = tiling.period;
    const u32 rows = (tiling.cell + tiling.period - 1) / tiling.period;
    const u32 tiles = (rows + TILE_ROWS - 1) / TILE_ROWS;
    // Later positions see more keys under a causal mask, so they begin first.
    const u32 number = CAUSAL ? gridDim.x - 1 - blockIdx.x : blockIdx.x;
    const u32 cell = number / (tiles * tiling.period), within = number % (tiles * tiling.period);
    const u64 begin = (u64)cell * tiling.cell;
    if (begin >= a.seq_len) {
        tile.first = tile.end = tile.last = a.seq_len;
        return tile;
    }
    tile.first = (u32)begin + within / tiles + within % tiles * TILE_ROWS * tiling.period;
    tile.end = (u32)min((u64)a.seq_len, begin + tiling.cell);
    const u32 used = min(tile.end, tile.length);
    const u32 more = used > tile.first ? (used - 1 - tile.first) / tiling.period : 0;
    tile.last = tile.first + min(more, (u32)TILE_ROWS - 1) * tiling.period;
    return tile;
}

// A block of KEY_BLOCK keys: members at, at + 1, … of those that can be seen.
struct Walk {
    u32 pattern, segment, at;
    Progression keys;
    // Whether every query of the tile takes part.
    u32 whole;
};

// The members of the walk's segment that the tile sees; none if no query takes part in it.
__device__ __forceinline__ void enter_segment(const Arguments &a, const Tile &tile, Walk &walk,
                                              u32 offset) {
    const Pattern pattern = a.pattern[walk.pattern];
    const u32 start = walk.segment * pattern.segment;
    walk.at = 0;
    walk.keys = members_of(pattern, start, offset, tile.length);
    if (tile.first % pattern.common != walk.keys.first % pattern.common) walk.keys.count = 0;
    if (CAUSAL) {
        const u32 first = walk.keys.first;
        const u32 seen = tile.last < first ? 0 : (tile.last - first) / pattern.dilation + 1;
        walk.keys.count = min(walk.keys.count, seen);
    }
    walk.whole = pattern.common == pattern.dilation && walk.segment == tile.first / pattern.segment &&
                 walk.segment == tile.last / pattern.segment;
}

// Goes on to the next segment with keys, beginning with the walk's own; false at the end.
__device__ __forceinline__ bool settle(const Arguments &a, const Tile &tile, Walk &walk) {
    while (walk.pattern < a.patterns) {
        const u32 offset = offset_of(a, tile.head, walk.pattern);
        const u32 last = tile.last / a.pattern[walk.pattern].segment;
        while (offset != NO_PART && walk.segment <= last) {
            enter_segment(a, tile, walk, offset);
            if (walk.keys.count > 0) return true;
            ++walk.segment;
        }
        if (++walk.pattern < a.patterns)
            walk.segment = tile.first / a.pattern[walk.pattern].segment;
    }
    return false;
}

// The first block of keys; false if the tile sees none.
__device__ __forceinline__ bool begin_walk(const Arguments &a, const Tile &tile, Walk &walk) {
    if (tile.first >= min(tile.end, tile.length)) return false;
    walk.pattern = 0;
    walk.segment = tile.first / a.pattern[0].segment;
    return settle(a, tile, walk);
}

// The next block of keys; false if there is none.
__device__ __forceinline__ bool step(const Arguments &a, const Tile &tile, Walk &walk) {
    walk.at += KEY_BLOCK;
    if (walk.at < walk.keys.count) return true;
    ++walk.segment;
    return settle(a, tile, walk);
}

// Whether a query takes part in the walk's segment.
__device__ __forceinline__ bool takes_part(const Arguments &a, const Walk &walk, u32 position) {
    const Pattern pattern = a.pattern[walk.pattern];
    const u32 start = walk.segment * pattern.segment;
    return position >= walk.keys.first && position - start < pattern.segment &&
           (position - walk.keys.first) % pattern.dilation == 0;
}
