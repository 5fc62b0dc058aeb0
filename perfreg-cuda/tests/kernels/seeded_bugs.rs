//! Kernels with a bug each, which the checks of `interpreted.rs` have to catch: a check that no bug
//! fails would be worth nothing.

use perfreg_cuda::attention::{
    Element, HeadRule, Kernel, Mask, Pattern, Plan, PortableTile, Problem, Shape,
};
use perfreg_ptx::{Fault, Program, Wrong};

use super::interpreted::{HALF, LSE};
use super::kept::{Mutant, mutant_ptx};
use super::machine::run_forward;
use super::tensors::{Tensors, largest_difference, relative_error};

/// A small tile, for short PTX.
pub(crate) const TILE: PortableTile =
    PortableTile { head_dim: 64, warps: 2, matrices: 1, key_block: 16 };

/// The kernel that the bugs are put into.
pub(crate) const KERNEL: Kernel =
    Kernel::PortableForward { tile: TILE, mask: Mask::Causal, element: Element::Bf16 };

/// Of the mutants that are compiled from changed sources.
pub(crate) const MUTANTS: &[Mutant] = &[
    // The control, which has to pass.
    Mutant { name: "none", file: "", from: "", to: "" },
    Mutant {
        name: "causal_sees_one_more",
        file: "portable_forward.cu",
        from: "(query - first) / walk.keys.step + 1)",
        to: "(query - first) / walk.keys.step + 2)",
    },
    Mutant {
        name: "causal_sees_one_less",
        file: "portable_forward.cu",
        from: "(query - first) / walk.keys.step + 1)",
        to: "(query - first) / walk.keys.step)",
    },
    Mutant {
        name: "output_not_rescaled",
        file: "portable_forward.cu",
        from: "q.output[m][c][i] *= factors[m][i / 2];",
        to: "q.output[m][c][i] *= 1.0f;",
    },
    Mutant {
        name: "sum_not_rescaled",
        file: "softmax.cuh",
        from: "running.sum[half] * factors[half]",
        to: "running.sum[half]",
    },
    Mutant {
        name: "values_from_the_wrong_half_of_the_tile",
        file: "portable_forward.cu",
        from: "piece_at(values, k * 16 + lane % 16, c + lane / 16)",
        to: "piece_at(values, k * 16 + lane % 16, c + 1 - lane / 16)",
    },
    Mutant {
        name: "every_other_tile_of_keys",
        file: "tiles.cuh",
        from: "walk.at += KEY_BLOCK;",
        to: "walk.at += 2 * KEY_BLOCK;",
    },
    Mutant {
        name: "the_same_tile_of_queries_in_each_warp",
        file: "portable_forward.cu",
        from: "(warp * MATRICES + matrix) * 16 + half * 8 + group",
        to: "matrix * 16 + half * 8 + group",
    },
    Mutant {
        name: "one_stage_for_both_blocks",
        file: "portable_forward.cu",
        from: "stages + (stage ^ 1) * STAGE_BYTES",
        to: "stages + stage * STAGE_BYTES",
    },
    Mutant {
        name: "diagonal_not_masked",
        file: "portable_forward.cu",
        from: "if (!open || (CAUSAL && last > tile.first))",
        to: "if (!open)",
    },
];

/// What is wrong with this PTX of the kernel: nothing, a fault, or numbers.
fn wrong(ptx: &str) -> Option<String> {
    let program = Program::parse(ptx, KERNEL.entry()).unwrap();
    let shape = Shape { batch: 1, seq_len: 150, heads: 2, head_dim: 64 };
    let patterns = [(75, 1), (150, 3)].map(|(w, r)| Pattern::new(w, r).unwrap());
    let problem = Problem::of(shape, patterns).head_rule(HeadRule::Modulo).mask(Mask::Causal);
    let problem = problem.build().unwrap();
    let plan = Plan::portable_with(&problem, TILE).unwrap();
    let tensors = Tensors::random(&problem, 11);
    let (found, _) = match run_forward(&program, &problem, &plan, &tensors) {
        Ok(found) => found,
        Err(Fault::Execution { what, .. }) => return Some(kind(&what).to_owned()),
        Err(fault) => panic!("{fault}"),
    };
    let expected = tensors.expected(&problem);
    let error = relative_error(&found.output, &expected.output);
    let far = largest_difference(&found.lse, &expected.lse);
    let right = error <= HALF && far <= LSE;
    (!right).then(|| "numbers".to_owned())
}

fn kind(what: &Wrong) -> &'static str {
    match what {
        Wrong::Race(_) => "race",
        Wrong::Unwritten(_) => "unwritten",
        Wrong::InFlight(_) => "in flight",
        _ => "another fault",
    }
}

#[test]
fn every_seeded_bug_is_caught() {
    let found: Vec<_> = MUTANTS
        .iter()
        .map(|mutant| {
            let wrong = wrong(&mutant_ptx(mutant));
            (mutant.name, wrong.unwrap_or_else(|| "nothing".to_owned()))
        })
        .collect();
    for (name, found) in &found {
        assert_eq!(*name == "none", found == "nothing", "{name}: {found}");
    }
    insta::assert_debug_snapshot!(found);
}

/// Lines taken out of the PTX itself.
#[test]
fn missing_synchronisation_is_caught() {
    let without = |instruction: &str| {
        let ptx = mutant_ptx(&MUTANTS[0]);
        let kept: Vec<&str> =
            ptx.lines().filter(|line| !line.trim().starts_with(instruction)).collect();
        assert!(kept.len() < ptx.lines().count(), "there is no {instruction}");
        wrong(&kept.join("\n")).unwrap_or_else(|| "nothing".to_owned())
    };
    assert_eq!(without("bar.sync"), "unwritten");
    assert_eq!(without("cp.async.wait_group"), "in flight");
    assert_eq!(without("cp.async.commit_group"), "in flight");
}
