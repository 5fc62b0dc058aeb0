//! Plans on the interpreter: tensors go in, tensors and counts come out.

use perfreg_cuda::attention::{
    Addresses, Element, Gradients, Mixing, Output, Plan, Problem, arguments,
};
use perfreg_ptx::{Counts, Fault, Launch, Memory, Program};

use super::tensors::{Tensors, decode, encode};

/// What is no number in any of the types: nothing may be left of it.
const POISON: u8 = 0xff;

/// Forward by this program.
pub(crate) fn run_forward(
    program: &Program,
    problem: &Problem,
    plan: &Plan,
    tensors: &Tensors,
) -> Result<(Output, Counts), Fault> {
    let mut memory = Memory::new();
    let at = allocate(&mut memory, problem, tensors);
    let counts = launch(program, &mut memory, problem, plan, &at)?;
    let output = decode(problem.element(), memory.region(at.output));
    Ok((Output { output, lse: decode(Element::F32, memory.region(at.lse)) }, counts))
}

/// Forward, then the two passes of backward, each by its program.
pub(crate) fn run_backward(
    programs: [&Program; 3],
    problem: &Problem,
    mixing: Mixing,
    tensors: &Tensors,
) -> Result<Gradients, Fault> {
    let mut memory = Memory::new();
    let mut at = allocate(&mut memory, problem, tensors);
    let element = problem.element();
    let bytes = memory.region(at.output).len();
    at.upstream = memory.allocate(encode(element, &tensors.upstream));
    for gradient in [&mut at.query_gradients, &mut at.key_gradients, &mut at.value_gradients] {
        *gradient = memory.allocate(vec![POISON; bytes]);
    }
    let deltas = memory.region(at.lse).len() * problem.patterns().len();
    at.deltas = memory.allocate(vec![POISON; deltas]);
    let forward = Plan::naive_forward(problem).unwrap();
    let [queries, keys] = Plan::naive_backward(problem, mixing).unwrap();
    for (program, plan) in programs.into_iter().zip([forward, queries, keys]) {
        launch(program, &mut memory, problem, &plan, &at)?;
    }
    let read = |address| decode(element, memory.region(address));
    Ok(Gradients {
        queries: read(at.query_gradients),
        keys: read(at.key_gradients),
        values: read(at.value_gradients),
    })
}

fn allocate(memory: &mut Memory, problem: &Problem, tensors: &Tensors) -> Addresses {
    let element = problem.element();
    let bytes = problem.shape().elements() * element.bytes();
    let lse = problem.shape().rows() * 4;
    let lengths = problem.lengths().map(|lengths| {
        let bytes = lengths.iter().flat_map(|length| length.to_le_bytes());
        memory.allocate(bytes.collect())
    });
    Addresses {
        queries: memory.allocate(encode(element, &tensors.queries)),
        keys: memory.allocate(encode(element, &tensors.keys)),
        values: memory.allocate(encode(element, &tensors.values)),
        output: memory.allocate(vec![POISON; usize::try_from(bytes).unwrap()]),
        lse: memory.allocate(vec![POISON; usize::try_from(lse).unwrap()]),
        lengths: lengths.unwrap_or(0),
        ..Addresses::default()
    }
}

fn launch(
    program: &Program,
    memory: &mut Memory,
    problem: &Problem,
    plan: &Plan,
    at: &Addresses,
) -> Result<Counts, Fault> {
    let kernel = plan.kernel();
    let launch = Launch {
        grid: plan.grid(),
        threads: kernel.threads(),
        shared_bytes: usize::try_from(kernel.shared_bytes()).unwrap(),
        arguments: &arguments(problem, plan, at),
    };
    program.run(memory, &launch)
}
