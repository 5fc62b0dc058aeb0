//! What the peers compute, on the CPU, against the definition: a peer that computes something else would
//! be compared all the same.
//!
//! `PERFREG_TORCH` names a Python that has `PyTorch`, any; elsewhere this says that it did not run.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at the first surprise")]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use perfreg_core::fixtures::Random;
use perfreg_cuda::attention::{Inputs, Pattern, Problem, Shape, forward};
use serde_json::{Value, json};

/// Queries, keys and values, which bf16 holds exactly, and the reference's answer, for the peers to read.
fn leave_numbers(folder: &Path, problem: &Problem) {
    let mut random = Random::new(7);
    let tensor: [Vec<f64>; 3] = std::array::from_fn(|_| {
        let numbers = 0..problem.shape().elements();
        numbers.map(|_| (random.draw() % 64) as f64 / 16.0 - 2.0).collect()
    });
    for (name, numbers) in ["queries.bf16", "keys.bf16", "values.bf16"].iter().zip(&tensor) {
        let bytes = numbers.iter().flat_map(|n| half::bf16::from_f64(*n).to_le_bytes());
        std::fs::write(folder.join(name), bytes.collect::<Vec<u8>>()).unwrap();
    }
    let [queries, keys, values] = &tensor;
    let expected = forward(problem, Inputs { queries, keys, values }).unwrap();
    let bytes = expected.output.iter().flat_map(|number| (*number as f32).to_le_bytes());
    std::fs::write(folder.join("expected.f32"), bytes.collect::<Vec<u8>>()).unwrap();
}

/// What the peers say of this case: the name and the error of each.
fn prepared(
    python: &str,
    seq_len: u32,
    patterns: &[(u32, u32)],
) -> Vec<(String, Option<f64>, Value)> {
    let folder = tempfile::tempdir().unwrap();
    let (heads, head_dim) = (8, 16);
    let built = patterns.iter().map(|(w, r)| Pattern::new(*w, *r).unwrap()).collect::<Vec<_>>();
    let shape = Shape { batch: 1, seq_len, heads, head_dim };
    leave_numbers(folder.path(), &Problem::of(shape, built).build().unwrap());
    let mut peers = Command::new(python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/peers.py"))
        .args(["--device", "cpu"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let question = json!({
        "do": "prepare", "seq_len": seq_len, "heads": heads, "head_dim": head_dim,
        "patterns": patterns, "folder": folder.path(),
    });
    writeln!(peers.stdin.take().unwrap(), "{question}").unwrap();
    let output = peers.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("perfreg-peers/1 "));
    let answer: Value = serde_json::from_str(line.unwrap_or_else(|| panic!("{text}"))).unwrap();
    let peers = answer["answer"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let told = |one: &Value| {
        let name = one["name"].as_str().unwrap().to_owned();
        (name, one["output_error"].as_f64(), one["missing"].clone())
    };
    peers.iter().map(told).collect()
}

#[test]
fn every_peer_computes_what_the_definition_says() {
    let Ok(python) = std::env::var("PERFREG_TORCH") else {
        let why =
            "skipped every_peer_computes_what_the_definition_says: PERFREG_TORCH names no Python";
        writeln!(std::io::stderr(), "{why}").unwrap();
        return;
    };
    // The suite's, and one whose segments and heads the dilations do not divide.
    for (patterns, exact) in [([(32, 1), (64, 2), (128, 4)], 10), ([(16, 1), (32, 3), (64, 6)], 8)]
    {
        let peers = prepared(&python, 128, &patterns);
        assert_eq!(peers.len(), 10);
        let right = peers.iter().filter(|(_, error, _)| error.is_some_and(|error| error < 1e-5));
        assert_eq!(right.count(), exact, "{peers:?}");
        // The published algorithm pads with keys of zeros, which takes a share.
        let others = peers.iter().filter(|(_, error, _)| *error >= Some(1e-5));
        assert!(
            others.map(|(name, ..)| name).all(|name| name.starts_with("reference")),
            "{peers:?}"
        );
        assert!(peers.iter().all(|(.., missing)| *missing == "times are of GPUs"), "{peers:?}");
    }
}
