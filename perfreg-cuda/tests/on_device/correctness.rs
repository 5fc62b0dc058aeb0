//! Every variant on random numbers, new ones in each run, against the definition in `f64`.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use perfreg_cuda::attention::{
    Backward, BackwardTensors, Element, Forward, ForwardTensors, HeadRule, Implementation, Mask,
    Mixing, Pattern, Problem, Shape,
};
use perfreg_cuda::device::{Stream, Tensor};
use perfreg_cuda::{Gpu, Result};

use super::tensors::{Tensors, decode, encode, largest_difference, relative_error};

/// The device, or a word about why there is none, past the runner, which captures `eprintln!`.
#[expect(clippy::explicit_write, reason = "the runner would capture `eprintln!`")]
fn device() -> Option<Gpu> {
    if let Some(reason) = perfreg_cuda::unavailable() {
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        writeln!(std::io::stderr(), "skipped {name}: {reason}").unwrap();
        return None;
    }
    Some(Gpu::open(0).unwrap())
}

/// Every rule, mask and row size; shapes that fit tiles and shapes that do not.
fn problems(element: Element) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in HeadRule::ALL {
        for mask in [Mask::Full, Mask::Causal] {
            for head_dim in [64, 128] {
                let even = Shape { batch: 1, seq_len: 1_024, heads: 4, head_dim };
                let odd = Shape { batch: 2, seq_len: 777, heads: 6, head_dim };
                let patterns =
                    |patterns: [(u32, u32); 3]| patterns.map(|(w, r)| Pattern::new(w, r).unwrap());
                let finish = |builder: perfreg_cuda::attention::ProblemBuilder| {
                    builder.head_rule(rule).mask(mask).element(element).build().unwrap()
                };
                let dilated = patterns([(256, 1), (512, 2), (1_024, 4)]);
                problems.push(finish(Problem::of(even, dilated)));
                let uneven = patterns([(100, 1), (250, 2), (9_999, 3)]);
                problems.push(finish(Problem::of(odd, uneven).lengths([777, 301])));
            }
        }
    }
    problems
}

fn seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos().into()
}

fn filled(gpu: &Gpu, stream: &Stream, problem: &Problem, numbers: &[f64]) -> Result<Tensor> {
    let mut tensor = gpu.tensor(stream, problem)?;
    tensor.upload(stream, &encode(problem.element(), numbers))?;
    Ok(tensor)
}

fn check(
    gpu: &Gpu,
    problem: &Problem,
    implementation: Implementation,
    tolerance: f64,
) -> Result<()> {
    let (stream, seed) = (gpu.stream()?, seed());
    let tensors = Tensors::random(problem, seed);
    let queries = filled(gpu, &stream, problem, &tensors.queries)?;
    let keys = filled(gpu, &stream, problem, &tensors.keys)?;
    let values = filled(gpu, &stream, problem, &tensors.values)?;
    let (mut output, mut lse) = (gpu.tensor(&stream, problem)?, gpu.lse_tensor(&stream, problem)?);
    let forward = Forward::new(gpu, problem, implementation)?;
    let what = format!("seed {seed}, {:?}, {problem:?}", forward.plan());
    forward.launch(
        &stream,
        &mut ForwardTensors {
            queries: &queries,
            keys: &keys,
            values: &values,
            output: &mut output,
            lse: &mut lse,
        },
    )?;
    let expected = tensors.expected(problem);
    let found = decode(problem.element(), &output.download(&stream)?);
    let error = relative_error(&found, &expected.output);
    // What is no number is no less than anything.
    assert!(error <= tolerance, "relative error {error}: {what}");
    let found = decode(Element::F32, &lse.download(&stream)?);
    let far = largest_difference(&found, &expected.lse);
    assert!(far <= 1e-5, "log-sum-exp off by {far}: {what}");
    Ok(())
}

#[test]
fn every_variant_computes_what_the_definition_says() -> Result<()> {
    let Some(gpu) = device() else { return Ok(()) };
    for (element, tolerance) in [(Element::Bf16, 3e-3), (Element::F16, 4e-4)] {
        for problem in problems(element) {
            check(&gpu, &problem, Implementation::Portable, tolerance)?;
        }
    }
    for problem in problems(Element::F32) {
        check(&gpu, &problem, Implementation::Naive, 1e-5)?;
    }
    gpu.synchronize()
}

#[test]
fn gradients_are_those_of_the_definition() -> Result<()> {
    let Some(gpu) = device() else { return Ok(()) };
    for problem in problems(Element::F32) {
        for mixing in [Mixing::Exact, Mixing::Detached] {
            check_gradients(&gpu, &problem, mixing)?;
        }
    }
    gpu.synchronize()
}

fn check_gradients(gpu: &Gpu, problem: &Problem, mixing: Mixing) -> Result<()> {
    let (stream, seed) = (gpu.stream()?, seed());
    let tensors = Tensors::random(problem, seed);
    let queries = filled(gpu, &stream, problem, &tensors.queries)?;
    let keys = filled(gpu, &stream, problem, &tensors.keys)?;
    let values = filled(gpu, &stream, problem, &tensors.values)?;
    let upstream = filled(gpu, &stream, problem, &tensors.upstream)?;
    let (mut output, mut lse) = (gpu.tensor(&stream, problem)?, gpu.lse_tensor(&stream, problem)?);
    let (queries, keys, values) = (&queries, &keys, &values);
    let mut forward = ForwardTensors { queries, keys, values, output: &mut output, lse: &mut lse };
    Forward::new(gpu, problem, Implementation::Naive)?.launch(&stream, &mut forward)?;
    let gradient = || gpu.tensor(&stream, problem);
    let (mut of_queries, mut of_keys, mut of_values) = (gradient()?, gradient()?, gradient()?);
    Backward::new(gpu, problem, mixing)?.launch(
        &stream,
        &mut BackwardTensors {
            queries,
            keys,
            values,
            output: &output,
            lse: &lse,
            upstream: &upstream,
            query_gradients: &mut of_queries,
            key_gradients: &mut of_keys,
            value_gradients: &mut of_values,
        },
    )?;
    let expected = tensors.expected_gradients(problem, mixing);
    for (found, expected) in
        [(of_queries, expected.queries), (of_keys, expected.keys), (of_values, expected.values)]
    {
        let found = decode(Element::F32, &found.download(&stream)?);
        let error = relative_error(&found, &expected);
        assert!(error <= 1e-5, "relative error {error}: seed {seed}, {mixing:?}, {problem:?}");
    }
    Ok(())
}
