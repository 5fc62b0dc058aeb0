//! Reading a large file needs its text and at most 24 bytes a sample, and little else.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use perfreg_core::PerformanceData;

struct Peak;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grew(by: usize) {
    let live = LIVE.fetch_add(by, Relaxed) + by;
    PEAK.fetch_max(live, Relaxed);
}

#[expect(unsafe_code, reason = "GlobalAlloc is an unsafe trait")]
// SAFETY: everything is handed to the system's allocator unchanged.
unsafe impl GlobalAlloc for Peak {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grew(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOC: Peak = Peak;

#[cfg(test)]
mod tests {
    use super::*;

    /// The default `realloc` allocates, copies and frees, so growth counts twice for a moment, as it
    /// does when a block cannot grow in place.
    fn check(subsections: usize, samples: usize) {
        let mut text = String::from("{\"s\": {");
        for k in 0..subsections {
            let separator = if k == 0 { "" } else { "," };
            write!(text, "{separator}\"k{k}\": [").unwrap();
            for i in 0..samples {
                write!(text, "{}{}.25", if i == 0 { "" } else { "," }, i % 1000).unwrap();
            }
            text.push(']');
        }
        text.push_str("}}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.json");
        std::fs::write(&path, &text).unwrap();
        let size = text.len();
        drop(text);

        let before = LIVE.load(Relaxed);
        PEAK.store(before, Relaxed);
        let data = PerformanceData::from_json_file(&path).unwrap();
        let used = PEAK.load(Relaxed) - before;
        let allowed = size + 24 * subsections * samples + 64 * 1024;
        assert!(used <= allowed, "{subsections} x {samples}: {used} bytes, {allowed} allowed");
        assert_eq!(data.samples("s", "k0").unwrap().len(), samples);
    }

    #[test]
    fn a_large_file_is_read_within_its_size() {
        check(1, 1_000_000);
        check(100, 10_000);
        check(10_000, 100);
    }
}
