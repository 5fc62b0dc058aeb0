//! A global allocator that counts while it is told to.
//!
//! Unsafe lives here because `GlobalAlloc` is an unsafe trait. Outside the counting pass an
//! allocation costs one relaxed load more, so the timed samples do not see it.
#![expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

/// A global allocator that counts allocations, for the metrics `allocations`, `allocated_bytes`,
/// `peak_bytes` and their `process_` variants.
///
/// Install it in the test target:
///
/// ```
/// use perfreg_core::AllocCounter;
///
/// #[global_allocator]
/// static ALLOC: AllocCounter = AllocCounter::system();
/// ```
#[derive(Debug)]
pub struct AllocCounter<A = System> {
    inner: A,
}

impl AllocCounter {
    /// Counts what goes to the system's allocator.
    pub const fn system() -> Self {
        Self { inner: System }
    }
}

impl<A> AllocCounter<A> {
    /// Counts what goes to `inner`.
    pub const fn new(inner: A) -> Self {
        Self { inner }
    }
}

static INSTALLED: AtomicBool = AtomicBool::new(false);
static COUNTING: AtomicBool = AtomicBool::new(false);
static PROCESS: ProcessTally = ProcessTally {
    count: AtomicU64::new(0),
    bytes: AtomicU64::new(0),
    live: AtomicI64::new(0),
    peak: AtomicI64::new(0),
};

struct ProcessTally {
    count: AtomicU64,
    bytes: AtomicU64,
    live: AtomicI64,
    peak: AtomicI64,
}

#[derive(Clone, Copy, Debug, Default)]
struct ThreadTally {
    count: u64,
    bytes: u64,
    live: i64,
    peak: i64,
}

thread_local! {
    static THREAD: Cell<ThreadTally> = const {
        Cell::new(ThreadTally { count: 0, bytes: 0, live: 0, peak: 0 })
    };
}

/// What was allocated between [`start`] and [`stop`]; peaks are relative to the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
    pub(crate) peak: u64,
}

/// True if an [`AllocCounter`] is the global allocator of this process.
pub(crate) fn is_installed() -> bool {
    drop(std::hint::black_box(Box::new(0_u8)));
    INSTALLED.load(Relaxed)
}

/// Begins to count, from zero.
pub(crate) fn start() {
    THREAD.with(|tally| tally.set(ThreadTally::default()));
    PROCESS.count.store(0, Relaxed);
    PROCESS.bytes.store(0, Relaxed);
    PROCESS.live.store(0, Relaxed);
    PROCESS.peak.store(0, Relaxed);
    COUNTING.store(true, Relaxed);
}

/// Stops counting: what the calling thread allocated, and what the process did.
pub(crate) fn stop() -> (Tally, Tally) {
    COUNTING.store(false, Relaxed);
    let thread = THREAD.with(Cell::get);
    let bytes = |peak: i64| u64::try_from(peak).unwrap_or(0);
    (
        Tally { count: thread.count, bytes: thread.bytes, peak: bytes(thread.peak) },
        Tally {
            count: PROCESS.count.load(Relaxed),
            bytes: PROCESS.bytes.load(Relaxed),
            peak: bytes(PROCESS.peak.load(Relaxed)),
        },
    )
}

#[inline]
fn note_change(allocated: usize, freed: usize) {
    if !INSTALLED.load(Relaxed) {
        INSTALLED.store(true, Relaxed);
    }
    if COUNTING.load(Relaxed) {
        count_change(allocated as i64, freed as i64);
    }
}

#[cold]
fn count_change(allocated: i64, freed: i64) {
    let (count, growth) = (u64::from(allocated > 0), allocated - freed);
    let live = PROCESS.live.fetch_add(growth, Relaxed) + growth;
    PROCESS.peak.fetch_max(live, Relaxed);
    PROCESS.count.fetch_add(count, Relaxed);
    PROCESS.bytes.fetch_add(allocated as u64, Relaxed);
    // A thread that is shutting down has no cell any more; the process tally has it.
    let _ = THREAD.try_with(|cell| {
        let mut tally = cell.get();
        tally.live += growth;
        tally.peak = tally.peak.max(tally.live);
        tally.count += count;
        tally.bytes += allocated as u64;
        cell.set(tally);
    });
}

// SAFETY: every method hands its arguments to the inner allocator unchanged and returns what that
// returns; the counting allocates nothing.
unsafe impl<A: GlobalAlloc> GlobalAlloc for AllocCounter<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note_change(layout.size(), 0);
        // SAFETY: the caller's promises about `layout` are passed on.
        unsafe { self.inner.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note_change(layout.size(), 0);
        // SAFETY: the caller's promises about `layout` are passed on.
        unsafe { self.inner.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note_change(0, layout.size());
        // SAFETY: the caller's promises about `pointer` and `layout` are passed on.
        unsafe { self.inner.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note_change(new_size, layout.size());
        // SAFETY: the caller's promises about `pointer`, `layout` and `new_size` are passed on.
        unsafe { self.inner.realloc(pointer, layout, new_size) }
    }
}
