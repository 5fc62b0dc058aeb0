//! What most performance tests look like, from the plainest to those that say more.
//!
//! Each function is an ordinary test to `cargo test`. What the attribute measures is the whole body,
//! or what the body hands to the `Bencher`.

#![forbid(unsafe_code)]

use std::hint::black_box;

use perfreg::{AllocCounter, Bencher, Direction, Throughput, Unit, assert_faster, perf_regression};
use perfreg_examples::lookup::{PriceList, article};
use perfreg_examples::{checksum, compress, json, sort};

/// Counts allocations for the metrics of that name; the timed samples do not see it.
#[global_allocator]
static ALLOC: AllocCounter = AllocCounter::system();

const RECEIPT: &str = r#"{
    "shop": "Tea & Sons", "city": "Z\u00fcrich", "till": 3, "open": true,
    "lines": [
        {"article": "tea", "tags": ["green", "loose"], "pieces": 2, "price": 12.5},
        {"article": "cup", "tags": ["white", "thin"], "pieces": 6, "price": 8.25},
        {"article": "pot", "tags": ["iron"], "pieces": 1, "price": 49.9}
    ],
    "card": null, "note": "wrapped, \"with a ribbon\""
}"#;

/// The plainest: the body is the measured unit, and an error fails the test.
///
/// `black_box` hides from the compiler what it could compute in advance.
#[perf_regression(baseline = "gt/json.json")]
fn parse_receipt() -> Result<usize, json::ParseError> {
    Ok(json::parse(black_box(RECEIPT))?.count())
}

/// A case per argument. Allocations are judged beside the time: one more is a regression, whatever
/// the noise of the machine.
#[perf_regression(baseline = "gt/json.json", args = [50, 200], metrics = [time, allocations])]
fn parse_orders(b: Bencher, orders: usize) -> Result<(), json::ParseError> {
    let document = json::orders(orders);
    assert!(json::parse(&document)?.count() > orders);
    b.throughput(Throughput::Bytes(document.len() as u64))
        .bench(|| json::parse(black_box(&document)));
    Ok(())
}

/// An input of its own for each iteration, built outside the measured time: a sort that is given a
/// sorted list the second time would measure something else.
#[perf_regression(baseline = "gt/sort.json", args = [5_000, 20_000])]
fn radix_sort(b: Bencher, len: usize) {
    let shuffled = sort::shuffled(len);
    b.throughput(Throughput::Items(len as u64))
        .with_inputs(|| shuffled.clone())
        .bench_refs(sort::radix_sort);
}

/// Set-up before, the unit in the closure, and a rate in the report.
#[perf_regression(baseline = "gt/checksum.json", threshold = "3%", reason = "on every request")]
fn checksum_of_pages(b: Bencher) {
    let pages = compress::access_log(1_000).into_bytes();
    b.throughput(Throughput::Bytes(pages.len() as u64))
        .bench(|| checksum::crc32(black_box(&pages)));
}

/// A metric of the test's own beside the time: a compressor may not become faster by compressing
/// less.
#[perf_regression(baseline = "gt/compress.json", metrics = [time, "compressed_size"])]
fn compress_log(b: Bencher) -> Result<(), compress::Corrupt> {
    let log = compress::access_log(500);
    let packed = compress::compress(log.as_bytes());
    assert_eq!(compress::decompress(&packed)?, log.as_bytes());
    b.record("compressed_size", packed.len() as f64, Unit::Bytes, Direction::LowerIsBetter);
    b.throughput(Throughput::Bytes(log.len() as u64))
        .bench(|| compress::compress(black_box(log.as_bytes())));
    Ok(())
}

/// Every output is checked, outside the measured time; the first wrong one fails the test.
///
/// Outputs are kept until then, so this one is a length and not the log itself: dozens of logs at
/// once would measure the cache.
#[perf_regression(
    baseline = "gt/compress.json",
    threshold = "20%",
    reason = "its branches are predicted worse in some processes than in others"
)]
fn decompress_log(b: Bencher) -> Result<(), String> {
    let log = compress::access_log(500).into_bytes();
    let packed = compress::compress(&log);
    b.throughput(Throughput::Bytes(log.len() as u64)).bench_checked(
        || compress::decompress(black_box(&packed)).map(|restored| restored.len()),
        |restored| match restored {
            Ok(length) if *length == log.len() => Ok(()),
            other => Err(format!("expected {} bytes, got {other:?}", log.len())),
        },
    )
}

/// Asynchronous work. Without an `executor` option, perfreg's own drives it.
#[perf_regression(baseline = "gt/lookup.json")]
async fn price_of_basket(b: Bencher) {
    let list = PriceList::of_articles(10_000);
    let basket: Vec<_> = (0..100).map(|n| article(n * 97 % 10_000)).collect();
    b.throughput(Throughput::Items(basket.len() as u64))
        .bench_async(|| list.total(black_box(&basket)))
        .await;
}

/// Two implementations in one test, in turns: what the machine does meanwhile it does to both.
#[test]
fn the_table_is_worth_its_memory() {
    let page = vec![7_u8; 4096];
    let bit_by_bit = |bytes: &[u8]| {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg())
            })
        })
    };
    assert_eq!(checksum::crc32(&page), bit_by_bit(&page));
    assert_faster!(|| checksum::crc32(&page), || bit_by_bit(&page), by >= 2.0);
}
