//! One piece of work for each of many things, on all cores, in order.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What `work` makes of each of `things`, in their order.
pub(crate) fn on_all_cores<T: Sync, R: Send>(
    things: &[T],
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get).min(things.len());
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        while let Some((at, thing)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            things.get(at).map(|thing| (at, thing))
        } {
            done.push((at, work(thing)));
        }
        done
    };
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        threads
            .into_iter()
            .flat_map(|thread| {
                // A panic goes on here as it would have without a thread.
                thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::on_all_cores;

    #[test]
    fn results_stand_in_order() {
        let numbers: Vec<u64> = (0..1_000).collect();
        let squares: Vec<u64> = numbers.iter().map(|n| n * n).collect();
        assert_eq!(on_all_cores(&numbers, |n| n * n), squares);
        assert!(on_all_cores(&[] as &[u64], |n| *n).is_empty());
    }
}
