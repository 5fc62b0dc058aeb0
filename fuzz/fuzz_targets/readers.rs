//! Every reader of other tools' files on whatever the fuzzer makes up: an error or numbers, and the records of
//! these read back as they were written. The command line tool is no library, so its modules are taken in here.

#![no_main]
#![expect(dead_code, unused_imports, reason = "the tool uses what this does not")]

#[path = "../../cargo-perfreg/src/error.rs"]
mod error;
#[path = "../../cargo-perfreg/src/exchange/mod.rs"]
mod exchange;
#[path = "../../cargo-perfreg/src/exit_code.rs"]
mod exit_code;
#[path = "../../cargo-perfreg/src/files.rs"]
mod files;
#[path = "../../cargo-perfreg/src/plain.rs"]
mod plain;
#[path = "../../cargo-perfreg/src/rules/mod.rs"]
mod rules;

use libfuzzer_sys::fuzz_target;
use perfreg_core::model::Run;
use perfreg_core::store::text_of_record;

use crate::exchange::{Content, Facts, Format, Reading, read, runs_of};

fuzz_target!(|text: &str| {
    let Ok(content) = Content::of_text(text) else { return };
    let beside = |_: &str| Ok(vec![0; 8]);
    let how = Reading { better: None, kept: "new", beside: &beside };
    let facts = Facts { file: "f", written: "2026-01-02T03:04:05Z", here: None, revision: None };
    let formats = Format::ALL.into_iter().map(Some).chain([None]);
    for format in formats {
        for report in read(&content, format, &how).unwrap_or_default() {
            for run in runs_of(&report, &facts) {
                let again: Run = serde_json::from_str(&text_of_record(&run)).expect("a record");
                assert_eq!(again, run);
            }
        }
    }
});
